// The rows beside the stage: what was sent and received, what is on its way here, and who is here.

import { WHY, called, isDoubted, isNameless, label } from '../app/state.js'
import { h, icon, keyed, setAttribute, setText, show } from './dom.js'
import { drawPicture } from './pictures.js'
import { age, bytes, names, percent, rate, timeLeft } from './format.js'

/** What was sent and received. `act` takes what a person does. */
export function renderTrail(list, items, act, now) {
  keyed(list, items, (item) => item.id, (item) => makeItem(item, act), (row, item) => patchItem(row, item, now))
}

function makeItem(item, act) {
  const isShown = item.type.startsWith('image/')
  const thumb = isShown
    ? h('button', { type: 'button', class: 'thumb', 'aria-label': `See ${called(item.name)} large`, onclick: () => act({ type: 'look', item }) })
    : h('div', { class: 'thumb' })
  thumb.append(icon(isShown ? 'image' : 'file'))
  if (isShown) drawPicture(item, thumb)
  const parts = {
    title: h('p', { class: 'title', dir: 'auto' }),
    facts: h('p', { class: 'facts' }),
    bar: h('progress', { max: 1, 'aria-label': `${called(item.name)}: how far it is` }),
    save: h('a', { class: 'round', 'aria-label': `Download ${called(item.name)}` }, icon('save')),
    zip: button('save', `Download ${called(item.name)} as a zip file`, () => act({ type: 'saveFolder', item })),
    again: button('again', `Send ${called(item.name)} again`, () => act({ type: 'sendAgain', item: item.id })),
    rest: button('pause', `Pause ${called(item.name)}`, () => act({ type: 'restItem', item: item.id, resting: !parts.rests })),
    stop: button('close', `Stop ${called(item.name)}`, () => act({ type: 'cancelItem', item: item.id })),
    gone: button('close', `Remove ${called(item.name)} from here`, () => act({ type: 'forget', item: item.id })),
  }
  const acts = h('div', { class: 'acts' }, parts.save, parts.zip, parts.again, parts.rest, parts.stop, parts.gone)
  const row = h('li', { class: item.fresh ? 'row fresh' : 'row' }, thumb, parts.title, parts.facts, acts, parts.bar)
  row.parts = parts
  return row
}

function patchItem({ parts }, item, now) {
  const isOut = item.direction === 'out'
  setText(parts.title, isOut ? 'You' : item.from.name)
  const receipts = item.receipts ?? []
  const going = receipts.filter((it) => it.state === 'going')
  const waiting = receipts.filter((it) => it.state === 'waiting')
  const failed = receipts.filter((it) => it.state === 'failed')
  const isUnderway = going.length + waiting.length > 0 || item.audience === 'coming'
  parts.rests = going.length > 0 && going.every((it) => it.paused === 'local')
  const facts = [...count(item.files), bytes(item.size), age(now - item.at)].join(' · ')
  patchFacts(parts.facts, item.name, facts, isOut ? receiptText(item, going, waiting, failed) : null)
  show(parts.bar, going.some((it) => it.isTaken))
  if (going.length > 0) {
    const offset = going.reduce((sum, it) => sum + it.offset, 0)
    parts.bar.value = item.size > 0 ? offset / (going.length * item.size) : 1
  }
  const isFolder = typeof item.files === 'number'
  show(parts.save, Boolean(item.blob) && !isOut && !isFolder)
  show(parts.zip, Boolean(item.blob) && !isOut && isFolder)
  if (item.blob && !isOut && !isFolder && !parts.save.href) Object.assign(parts.save, { href: urlOf(item), download: item.name })
  show(parts.again, isOut && failed.length > 0 && !isUnderway && Boolean(item.blob))
  show(parts.rest, going.some((it) => it.isTaken) && item.size > PAUSED_BYTES_MIN)
  setAttribute(parts.rest, 'aria-pressed', `${parts.rests}`)
  setAttribute(parts.rest.querySelector('use'), 'href', parts.rests ? '#icon-play' : '#icon-pause')
  show(parts.stop, isOut && isUnderway)
  show(parts.gone, !isUnderway)
}

/** How it stands with who gets it: `[mood, text]`. */
function receiptText(item, going, waiting, failed) {
  const done = item.receipts.filter((it) => it.state === 'delivered')
  const parts = []
  const asked = going.filter((it) => !it.isTaken)
  if (asked.length > 0) parts.push(['', `${names(asked.map((it) => it.name))} ${asked.length > 1 ? 'are' : 'is'} asked`])
  going = going.filter((it) => it.isTaken)
  if (going.length > 0) {
    const rates = going.reduce((sum, it) => sum + (it.rate ?? 0), 0)
    const paused = going.find((it) => it.paused)
    const left = going.reduce((sum, it) => sum + item.size - it.offset, 0)
    const how = paused
      ? `paused${paused.paused === 'remote' ? ` by ${names([paused.name])}` : ''}`
      : `${percent(item.size * going.length - left, item.size * going.length)}\u00a0%${rates > 0 ? `, ${rate(rates)}, ${timeLeft(left, rates)}` : ''}`
    parts.push(['', `to ${names(going.map((it) => it.name))}: ${how}`])
  }
  if (done.length > 0) parts.push(['good', `✓ ${names(done.map((it) => it.name))}`])
  if (waiting.length > 0) parts.push(['', `waits for ${names(waiting.map((it) => it.name))}`])
  if (item.audience === 'coming' && item.receipts.length === 0) parts.push(['', 'waits for whoever comes'])
  for (const it of failed) parts.push(['bad', `${names([it.name])}: ${WHY[it.why] ?? it.why}`])
  if (item.receipts.length === 0 && item.audience !== 'coming') parts.push(['', 'stopped'])
  return parts
}

/** The name on a line of its own; a photo has none. */
function patchFacts(element, name, facts, parts = null) {
  const text = [name, facts, ...(parts ?? []).map((it) => it.join('|'))].join('\n')
  if (element.shown === text) return
  element.shown = text
  const isPhoto = isNameless(name)
  const head = isPhoto ? `${called(name)} · ` : h('span', { class: 'name', dir: 'auto' }, name)
  element.replaceChildren(head, facts, ...(parts ?? []).flatMap(([mood, words]) => [' · ', h('span', { class: mood }, words)]))
}

/** What is offered, or on its way here. */
export function renderIncoming(list, incoming, act) {
  keyed(list, incoming, (it) => `${it.peer}/${it.transfer}`, (it) => makeIncoming(it, act), patchIncoming)
}

function makeIncoming(it, act) {
  const of = { peer: it.peer, transfer: it.transfer }
  const parts = {
    title: h('p', { class: 'title', dir: 'auto' }, it.from),
    facts: h('p', { class: 'facts' }),
    bar: h('progress', { max: 1, 'aria-label': `${it.name}: how far it is` }),
    rest: button('pause', `Pause ${it.name}`, () => act({ type: 'restIncoming', ...of, resting: !parts.rests })),
    stop: button('close', `Stop ${it.name}`, () => act({ type: 'decline', ...of })),
    answers: h('div', { class: 'answers' },
      h('button', { type: 'button', class: 'plain', onclick: () => act({ type: 'decline', ...of }), 'aria-label': `Decline ${it.name}` }, 'Decline'),
      h('button', { type: 'button', class: 'primary', onclick: () => act({ type: 'accept', ...of }), 'aria-label': `Accept ${it.name}` }, 'Accept')),
  }
  const thumb = h('div', { class: 'thumb' }, icon(it.type.startsWith('image/') ? 'image' : 'file'))
  const acts = h('div', { class: 'acts' }, parts.rest, parts.stop)
  const row = h('li', { class: 'row fresh' }, thumb, parts.title, parts.facts, acts, parts.bar, parts.answers)
  row.parts = parts
  return row
}

function patchIncoming({ parts }, it) {
  const moves = it.phase === 'moving'
  parts.rests = it.paused === 'local'
  const files = count(it.files).map((text) => `${text} · `).join('')
  const how = it.paused
    ? `paused${it.paused === 'remote' ? ` by ${names([it.from])}` : ''}`
    : `${percent(it.offset, it.size)}\u00a0%${it.rate > 0 ? `, ${rate(it.rate)}, ${timeLeft(it.size - it.offset, it.rate)}` : ''}`
  patchFacts(parts.facts, it.name, `${files}${bytes(it.size)} · ${moves ? how : 'take it?'}`)
  show(parts.bar, moves)
  parts.bar.value = it.size > 0 ? it.offset / it.size : 1
  show(parts.rest, moves && it.size > PAUSED_BYTES_MIN)
  setAttribute(parts.rest.querySelector('use'), 'href', parts.rests ? '#icon-play' : '#icon-pause')
  show(parts.stop, moves)
  show(parts.answers, !moves)
}

/** Who is here. */
export function renderPeers(list, peers, act) {
  keyed(list, peers, (peer) => `${peer.id}/${peer.task}`, (peer) => makePeer(peer, act), patchPeer)
}

function makePeer(peer, act) {
  const parts = {
    dot: h('span', { 'aria-hidden': 'true' }),
    title: h('p', { class: 'title', dir: 'auto' }),
    facts: h('p', { class: 'facts' }),
    trust: h('button', { type: 'button', class: 'plain', onclick: () => act({ type: parts.trusted ? 'distrust' : 'trust', peer: peer.id }) }),
  }
  const row = h('li', { class: 'peer' }, parts.dot, parts.title, parts.trust, parts.facts)
  row.parts = parts
  return row
}

function patchPeer({ parts }, peer) {
  const [mood, state] = peerState(peer)
  parts.trusted = peer.met?.trusted === true && peer.met.met !== 'changed'
  setAttribute(parts.dot, 'class', `dot ${mood}`)
  setText(parts.title, label(peer))
  setText(parts.facts, [state, peer.fingerprint].filter(Boolean).join(' · '))
  show(parts.trust, peer.met !== null && !peer.own)
  setText(parts.trust, parts.trusted ? 'Trusted ✓' : 'Trust')
  setAttribute(parts.trust, 'aria-pressed', `${parts.trusted}`)
}

function peerState(peer) {
  if (peer.phase === 'barred') return ['bad', 'broke the protocol']
  if (peer.key === null) return ['waits', 'has not shown the words']
  if (isDoubted(peer)) return ['bad', 'not the one you trust under this name: compare fingerprints']
  if (peer.phase === 'unreachable') return ['bad', peer.away ? 'away' : 'not reached, trying again']
  if (peer.phase === 'connecting') return ['waits', 'connecting']
  const way = peer.route ? wayOf(peer.route) : 'connected'
  const trip = peer.route?.roundTrip ? `, ${Math.max(1, Math.round(peer.route.roundTrip))} ms` : ''
  return ['open', `${peer.own ? 'you, elsewhere; ' : ''}${way}${trip}`]
}

function wayOf({ server, relayed }) {
  if (server) return 'via server'
  return relayed ? 'relayed' : 'direct'
}

function button(name, text, onclick) {
  return h('button', { type: 'button', class: 'round', 'aria-label': text, onclick }, icon(name))
}

/** Of a folder, how many files it has. */
const count = (files) => (typeof files === 'number' ? [`folder, ${files} ${files === 1 ? 'file' : 'files'}`] : [])

/** The address of an item's bytes in this page, made when it is first asked for. */
export function urlOf(item) {
  item.url ??= URL.createObjectURL(item.blob)
  return item.url
}

/** What takes a moment only is not paused. */
const PAUSED_BYTES_MIN = 4 * 1024 * 1024
