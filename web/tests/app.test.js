// What the page knows and decides, without a browser: who is here, what goes to whom, what is taken.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { begin, called, isBusy } from '../app/state.js'
import { pollTimeout, update } from '../app/update.js'
import { hex } from '../bytes.js'
import { identityOf } from '../seal/identity.js'

const key = (number) => hex(identityOf(new Uint8Array(32).fill(number)).key)
const photo = (name = 'a.jpg') => ({ name, type: 'image/jpeg', blob: { size: 1000 }, dimensions: null, modified: null })

class Page {
  now = 1000
  state = begin({ name: 'me', key: key(9), fingerprint: '' })

  tell(event) {
    this.now += 1
    return update(this.state, event, this.now)
  }

  signal(reply) {
    return this.tell({ type: 'signaling', reply })
  }

  /** In a room where these are. */
  in(peers = []) {
    this.tell({ type: 'enter', words: 'a-b-c-d-e-f' })
    this.tell({ type: 'derived', keys: {} })
    return this.signal({ type: 'welcome', id: 1, peers, token: 't', iceServers: [], frames: true })
  }

  of(peer, event) {
    return this.tell({ type: 'peer', peer, task: this.state.peers.get(peer)?.task, event })
  }

  meet(peer, name, number = peer) {
    const effects = this.of(peer, { type: 'proven', name, key: key(number) })
    return [...effects, ...this.of(peer, { type: 'open' })]
  }

  get item() {
    return this.state.items[0]
  }
}

const doing = (effects) => effects.map((it) => it.do)

test('the newcomer offers to each who is there, and waits for who comes later', () => {
  const page = new Page()
  assert.deepEqual(page.in([5, 6]).filter((it) => it.do === 'connect').map((it) => [it.peer, it.offers]), [[5, true], [6, true]])
  const joined = (peer, offer) => page.signal({ type: 'joined', peer, offer }).map((it) => [it.do, it.offers])
  assert.deepEqual(joined(7, false), [['connect', false]])
  assert.deepEqual(joined(7, true), [])
  assert.deepEqual(joined(8, true), [['connect', true]])
})

test('a photo goes to everyone here, and each gives a receipt', () => {
  const page = new Page()
  page.in([5, 6])
  page.meet(5, 'Ann')
  page.meet(6, 'Bob')
  const effects = page.tell({ type: 'send', files: [photo()] })
  assert.deepEqual(doing(effects), ['keep', 'propose', 'propose'])
  for (const peer of [5, 6]) {
    page.tell({ type: 'offered', item: page.item.id, peer, transfer: 0 })
    assert.ok(isBusy(page.state))
    page.of(peer, { type: 'ended', direction: 'outgoing', transfer: 0, end: { how: 'done', digest: '' } })
  }
  assert.deepEqual(page.item.receipts.map((it) => [it.name, it.state]), [['Ann', 'delivered'], ['Bob', 'delivered']])
  assert.equal(page.state.notice.text, 'a.jpg reached everyone')
  assert.ok(!isBusy(page.state))
})

test('what is sent with nobody here goes to whoever comes', () => {
  const page = new Page()
  page.in()
  page.tell({ type: 'send', files: [photo()] })
  page.signal({ type: 'joined', peer: 5 })
  assert.deepEqual(doing(page.meet(5, 'Ann')), ['keepKnown', 'propose'])
  page.signal({ type: 'joined', peer: 6 })
  assert.deepEqual(doing(page.meet(6, 'Bob')), ['keepKnown', 'propose'])
})

test('who goes away in the middle gets it when back, under whatever number', () => {
  const page = new Page()
  page.in([5])
  page.meet(5, 'Ann')
  page.tell({ type: 'send', files: [photo()] })
  page.tell({ type: 'offered', item: page.item.id, peer: 5, transfer: 0 })
  assert.deepEqual(doing(page.signal({ type: 'left', peer: 5 })), ['disconnect'])
  assert.equal(page.item.receipts[0].state, 'waiting')
  page.signal({ type: 'joined', peer: 8 })
  assert.deepEqual(doing(page.meet(8, 'Ann', 5)), ['keepKnown', 'propose'])
  assert.equal(page.item.receipts.length, 1)
})

test('photos are taken unasked, other files and large ones are asked for', () => {
  const page = new Page()
  page.in([5])
  page.meet(5, 'Ann')
  const proposal = { name: 'a.jpg', mediaType: 'image/jpeg', size: 1000, files: null }
  const offer = (transfer, change, awaited = false) =>
    doing(page.of(5, { type: 'proposed', transfer, proposal: { ...proposal, ...change }, awaited }))
  assert.deepEqual(offer(0, {}), ['accept'])
  assert.deepEqual(offer(1, { mediaType: 'application/pdf' }), [])
  assert.deepEqual(offer(2, { size: 33 * 1024 * 1024 }), [])
  assert.deepEqual(offer(3, { mediaType: 'application/pdf' }, true), ['accept'], 'it was taken before and cut off')
  assert.deepEqual(doing(page.tell({ type: 'accept', peer: 5, transfer: 1 })), ['accept'])
  assert.deepEqual(doing(page.tell({ type: 'decline', peer: 5, transfer: 2 })), ['decline'])
  page.state.settings.bytesMax = 10
  assert.deepEqual(offer(4, {}), ['decline'])
})

test('who takes the name of one who is trusted is sent nothing, and nothing of them is taken unasked', () => {
  const page = new Page()
  page.in([5, 6])
  page.meet(5, 'Ann')
  page.tell({ type: 'trust', peer: 5 })
  page.meet(6, 'Ann', 7)
  assert.match(page.state.notice.text, /^this is not the Ann you trust/)
  assert.deepEqual(page.tell({ type: 'send', files: [photo()] }).filter((it) => it.do === 'propose').map((it) => it.peer), [5])
  const proposal = { name: 'a.jpg', mediaType: 'image/jpeg', size: 1000, files: null }
  assert.deepEqual(page.of(6, { type: 'proposed', transfer: 0, proposal, awaited: false }), [])
  assert.deepEqual(doing(page.tell({ type: 'trust', peer: 6 })), ['keepKnown'])
  assert.equal(page.state.peers.get(6).met.met, 'known')
})

test('a peer that breaks the protocol is heard no more, and its sentence says why', () => {
  const page = new Page()
  page.in([5])
  page.meet(5, 'Ann')
  page.tell({ type: 'send', files: [photo()] })
  page.of(5, { type: 'violated', error: new Error('a chunk that is out of place') })
  assert.equal(page.state.notice.text, 'Ann broke the protocol (a chunk that is out of place): disconnected')
  assert.equal(page.item.receipts[0].state, 'failed')
  assert.deepEqual(page.tell({ type: 'send', files: [photo()] }).filter((it) => it.do === 'propose'), [])
})

test('a task that was ended has nothing more to say', () => {
  const page = new Page()
  page.in([5])
  const { task } = page.state.peers.get(5)
  page.signal({ type: 'left', peer: 5 })
  page.signal({ type: 'joined', peer: 5 })
  page.tell({ type: 'peer', peer: 5, task, event: { type: 'open' } })
  assert.equal(page.state.peers.get(5).phase, 'connecting')
})

test('a lost server breaks nothing, and those who were lost with it are reached again', () => {
  const page = new Page()
  page.in([5, 6, 7])
  page.meet(5, 'Ann')
  page.meet(6, 'Bob')
  page.signal({ type: 'lost', why: 'lost the server' })
  assert.equal(page.state.room.phase, 'lost')
  page.of(6, { type: 'unreachable' })
  const effects = page.signal({ type: 'welcome', id: 1, peers: [5, 6, 8], token: 't', iceServers: [], frames: true })
  assert.deepEqual(effects.map((it) => [it.do, it.peer]), [
    ['server', undefined], ['cutOff', 5], ['cutOff', 6], ['cutOff', 7], ['reconnect', 6], ['disconnect', 7], ['connect', 8],
  ])
})

test('what the server carries no more is cut off, and who comes back to it is reached again', () => {
  const page = new Page()
  page.in([5, 6])
  page.meet(5, 'Ann')
  assert.deepEqual(page.signal({ type: 'lost', why: 'lost the server' }), [{ do: 'cutOff', peer: 5 }, { do: 'cutOff', peer: 6 }])
  assert.deepEqual(page.signal({ type: 'away', peer: 5 }), [{ do: 'cutOff', peer: 5 }])
  assert.deepEqual(page.of(5, { type: 'unreachable', what: 'tunnel' }), [], 'the server need not be asked')
  assert.deepEqual(page.signal({ type: 'joined', peer: 5 }), [{ do: 'reconnect', peer: 5 }])
  page.of(5, { type: 'reachable' })
  assert.deepEqual(page.signal({ type: 'joined', peer: 5 }), [])
  assert.deepEqual(doing(page.of(5, { type: 'unreachable', what: 'connection' })), ['checkServer'])
})

test('under another number everyone is met anew, and what was under way waits', () => {
  const page = new Page()
  page.in([5])
  page.meet(5, 'Ann')
  page.tell({ type: 'send', files: [photo()] })
  const effects = page.signal({ type: 'welcome', id: 2, peers: [1, 5], token: 't', iceServers: [], frames: true })
  assert.deepEqual(doing(effects), ['disconnect', 'server', 'connect', 'connect'])
  assert.equal(page.item.receipts[0].state, 'waiting')
})

test('the trail is bounded, and keeps what waits', () => {
  const page = new Page()
  page.in()
  page.tell({ type: 'send', files: [photo('first.jpg')] })
  page.tell({ type: 'send', files: [photo('stopped.jpg')] })
  page.tell({ type: 'cancelItem', item: page.item.id })
  const effects = Array.from({ length: 250 }, () => page.tell({ type: 'send', files: [photo()] })).flat()
  assert.deepEqual(effects.filter((it) => it.do === 'forget').map((it) => it.item.name), ['stopped.jpg'])
  assert.equal(page.state.items[page.state.items.length - 1].name, 'first.jpg')
})

test('a refused peer hears why', () => {
  const page = new Page()
  page.tell({ type: 'enter', words: 'a-b-c-d-e-f' })
  page.signal({ type: 'refused', reason: 'room_full' })
  page.signal({ type: 'lost', why: 'lost the server' })
  assert.deepEqual([page.state.room.phase, page.state.room.why], ['refused', 'the room is full: it holds 16'])
})

test('a notice goes when its time is over', () => {
  const page = new Page()
  page.tell({ type: 'notice', mood: 'info', text: 'x' })
  page.now = pollTimeout(page.state)
  page.tell({ type: 'tick' })
  assert.equal(page.state.notice, null)
  assert.equal(pollTimeout(page.state), null)
})

test('a sender stops what it sends, and sends again what did not arrive', () => {
  const page = new Page()
  page.in([5])
  page.meet(5, 'Ann')
  page.tell({ type: 'send', files: [photo()] })
  page.tell({ type: 'offered', item: page.item.id, peer: 5, transfer: 3 })
  assert.deepEqual(page.tell({ type: 'cancelItem', item: page.item.id })[0], { do: 'cancel', peer: 5, transfer: 3 })
  page.of(5, { type: 'ended', direction: 'outgoing', transfer: 3, end: { how: 'local', reason: 'person' } })
  assert.equal(page.item.receipts[0].why, 'person')
  assert.deepEqual(doing(page.tell({ type: 'sendAgain', item: page.item.id })), ['propose'])
  assert.equal(page.item.receipts[0].state, 'going')
  assert.deepEqual(doing(page.tell({ type: 'forget', item: page.item.id })), ['forget'])
  assert.equal(page.state.items.length, 0)
})

test('what this device has no room to keep is said to be downloaded now', () => {
  for (const [isFleeting, mood, text] of [[false, 'good', 'plan.pdf from Ann'], [true, 'bad', 'plan.pdf from Ann is here, but this device has no room to keep it: download it now']]) {
    const page = new Page()
    page.in([2])
    page.meet(2, 'Ann')
    const proposal = { name: 'plan.pdf', size: 10, mediaType: 'application/pdf', dimensions: null, files: null }
    page.of(2, { type: 'proposed', transfer: 7, proposal, awaited: false })
    page.tell({ type: 'accept', peer: 2, transfer: 7 })
    page.tell({ type: 'placed', peer: 2, transfer: 7, item: { id: 'x', direction: 'in', name: 'plan.pdf', isFleeting } })
    page.of(2, { type: 'ended', direction: 'incoming', transfer: 7, end: { how: 'done' } })
    assert.deepEqual([page.state.notice.mood, page.state.notice.text], [mood, text])
  }
})

test('in a sentence, a long name is told by its beginning and its end, and a photo is a photo', () => {
  assert.equal(called('peersnap-20260101-101500.jpg'), 'a photo')
  assert.equal(called('x'.repeat(36)), 'x'.repeat(36))
  assert.equal(called(`${'x'.repeat(33)}.pdf`), `${'x'.repeat(25)}…${'x'.repeat(6)}.pdf`)
  assert.equal(Array.from(called('🧗'.repeat(200))).length, 36)
})
