// The screen: makes the page look like the state, and tells what a person does. It never changes the state.

import { called, isOpen, label, receivers } from '../app/state.js'
import { complete, checkWords, wordsSentence, readWords, WORDS } from '../words.js'
import { pinIn, roomLink, typedWords } from '../link.js'
import { h, icon, keepingFocus, setAttribute, setText, show } from './dom.js'
import { bytes, names } from './format.js'
import { renderIncoming, renderPeers, renderTrail, urlOf } from './rows.js'

/** What nobody needs smaller. */
const SMALL_BYTES = 500_000

const by = (id) => document.getElementById(id)

export class Screen {
  #act
  #shownNotice = null
  #heldUrl = null
  #heldFile = null
  /** When somebody last looked. */
  #seenAt = Date.now()

  /** `act(event)` takes what a person does. */
  constructor(act) {
    this.#act = act
    this.#ask()
    this.#stage()
    this.#dialogs()
    this.#dropAndPaste()
  }

  get video() {
    return by('live')
  }

  render(state, now) {
    const { room } = state
    const isIn = room.words !== null && (room.local !== null || room.phase === 'joined')
    show(by('ask'), room.phase === 'asking' || room.phase === 'left')
    show(by('room'), isIn && room.phase !== 'left')
    show(by('wait'), !isIn && !['asking', 'left'].includes(room.phase))
    this.#renderWait(room)
    if (room.phase === 'asking' || room.phase === 'left') setText(by('ask-why'), room.why ?? '')
    if (isIn) this.#renderRoom(state, now)
    this.#renderNotice(state.notice)
    this.#renderTitle(state, isIn, now)
  }

  /** A photo has been taken. */
  flash() {
    const flash = by('flash')
    flash.classList.remove('on')
    void flash.offsetWidth
    flash.classList.add('on')
  }

  /** The tab tells how much has come while nobody looked. */
  #renderTitle({ room, items }, isIn, now) {
    if (document.visibilityState === 'visible') this.#seenAt = now
    const unseen = items.filter((item) => item.direction === 'in' && item.at > this.#seenAt).length
    const start = isIn && room.words ? ` · ${room.words.split('-').slice(0, 2).join(' ')}` : ''
    const title = `${unseen > 0 ? `(${unseen}) ` : ''}peersnap${start}`
    if (document.title !== title) document.title = title
  }

  #renderWait({ phase, done, why }) {
    const text = {
      deriving: 'Making the room’s keys…',
      joining: 'Going into the room…',
      lost: `${why}: trying again`,
      refused: why,
    }[phase]
    setText(by('wait-text'), text ?? '')
    show(by('wait-bar'), phase === 'deriving' || phase === 'joining')
    if (phase === 'deriving') by('wait-bar').value = done
    else by('wait-bar').removeAttribute('value')
    show(by('wait-again'), phase === 'refused')
  }

  #renderRoom(state, now) {
    const { room, camera, held } = state
    const peers = Array.from(state.peers.values())
    const here = peers.filter((peer) => peer.met !== null)
    setText(by('room-words'), room.words.replaceAll('-', ' '))
    by('invite-open').setAttribute('aria-label', `Invite to this room: ${room.words.replaceAll('-', ' ')}`)
    show(by('who-open'), true)
    by('who-open').classList.toggle('some', here.some(isOpen))
    const count = here.length === 0 ? 'Only you' : here.length === 1 ? label(here[0]) : `${here.length} others`
    setText(by('who-count'), count)
    by('who-open').setAttribute('aria-label', `Who is here: ${count}`)
    const [mood, text] = roomState(room, peers, here)
    setText(by('room-state'), text)
    by('room-state').className = `state ${mood}`
    this.#renderStage(camera, held, receivers(state))
    show(by('asks'), state.incoming.length > 0)
    setText(by('asked'), offer(state.incoming))
    keepingFocus(by('incoming'), by('take'), () => renderIncoming(by('incoming'), state.incoming, this.#act))
    show(by('trail-empty'), state.items.length === 0)
    show(by('trail-title'), state.items.length > 0)
    keepingFocus(by('trail'), by('take'), () => renderTrail(by('trail'), state.items, this.#act, now))
    renderPeers(by('peers'), peers, this.#act)
    setText(by('own-fingerprint'), state.settings.fingerprint)
    by('keeps-exif').checked = state.settings.keepsExif
    setText(by('invite-words'), room.words.replaceAll('-', ' '))
    const link = roomLink(location.origin, room.words, pinIn(location.hash))
    if (by('invite-link').value === link) return
    by('invite-link').value = link
    setText(by('invite-command'), `peersnap '${link}'`)
    show(by('invite-local'), /^(localhost|127\.|\[::1\])/.test(location.hostname))
  }

  #renderStage(camera, held, to) {
    const isLive = camera.phase === 'on' && held === null
    this.#renderHeld(held)
    this.#fit(isLive, held)
    by('stage').classList.toggle('dark', isLive || (held !== null && this.#heldUrl !== null))
    by('stage').classList.toggle('empty', !isLive && (held === null || held.dimensions === null))
    show(by('live'), isLive)
    by('live').classList.toggle('mirrored', isLive && camera.abilities?.isMirrored === true)
    show(by('blank'), !isLive && held === null)
    setText(by('blank-text'), blankText(camera))
    by('blank').classList.toggle('taps', camera.phase === 'none')
    show(by('camera-start'), camera.phase === 'off' || camera.phase === 'failed')
    setText(by('camera-start'), camera.phase === 'failed' ? 'Try the camera again' : 'Turn the camera on')
    show(by('camera-tools'), isLive)
    show(by('torch'), camera.abilities?.torch === true)
    show(by('turn'), camera.abilities?.several === true)
    const zoom = camera.abilities?.zoom
    show(by('zoom'), Boolean(zoom))
    if (zoom && by('zoom').max !== `${zoom.max}`) Object.assign(by('zoom'), zoom)
    show(by('snap'), isLive)
    show(by('snap-send'), isLive)
    show(by('capture-label'), !isLive && held === null)
    show(by('photo-label'), !isLive && held === null)
    show(by('files-label'), held === null)
    show(by('throw-away'), held !== null)
    show(by('send'), held !== null)
    by('take').classList.toggle('holds', held !== null)
    const whom = to.length > 2 ? `all ${to.length}` : names(to.map(label))
    setText(by('send-text'), to.length === 0 ? 'Send to whoever comes' : `Send to ${whom}`)
  }

  /** Who pressed what is there no more goes on with what comes next. */
  #keepFocus(held) {
    const { activeElement: active } = document
    if (active !== document.body && !by('take').contains(active)) return
    const next = held ? ['send'] : ['snap', 'capture']
    requestAnimationFrame(() => next.map(by).find((it) => it.offsetParent)?.focus({ preventScroll: true }))
  }

  /** The stage has the form of what it shows. */
  #fit(isLive, held) {
    const { videoWidth, videoHeight } = by('live')
    const live = isLive && videoWidth ? { width: videoWidth, height: videoHeight } : null
    const shown = isLive ? (live ?? { width: 4, height: 3 }) : (held?.dimensions ?? null)
    const { style } = by('stage')
    const ratio = shown === null ? 'auto' : `${shown.width} / ${shown.height}`
    if (style.aspectRatio === ratio) return
    style.aspectRatio = ratio
    style.setProperty('--ratio', shown === null ? '' : `${shown.width / shown.height}`)
  }

  #renderHeld(held) {
    if (this.#heldFile === held) return
    this.#heldFile = held
    this.#keepFocus(held)
    if (this.#heldUrl) URL.revokeObjectURL(this.#heldUrl)
    this.#heldUrl = null
    show(by('held'), false)
    show(by('held-file'), false)
    by('smaller-box').checked = false
    show(by('smaller'), false)
    if (held === null) return by('held').removeAttribute('src')
    if (held.dimensions === null) {
      show(by('held-file'), true)
      by('held-file').querySelector('p').textContent =
        `${called(held.name)}, ${bytes(held.blob.size)}. This browser cannot show it; it is sent as it is.`
      return
    }
    this.#heldUrl = URL.createObjectURL(held.blob)
    by('held').src = this.#heldUrl
    show(by('held'), true)
    show(by('smaller'), held.blob.size > SMALL_BYTES && Math.max(held.dimensions.width, held.dimensions.height) > 2048)
    setText(by('smaller-text'), `Smaller than ${bytes(held.blob.size)}`)
  }

  #renderNotice(notice) {
    if (this.#shownNotice === (notice?.id ?? null)) return
    this.#shownNotice = notice?.id ?? null
    if (notice === null) return by('notices').replaceChildren()
    const close = h('button', { type: 'button', class: 'round', 'aria-label': 'Dismiss', onclick: () => this.#act({ type: 'dismiss' }) }, icon('close'))
    by('notices').replaceChildren(h('div', { class: `notice ${notice.mood}` }, h('span', {}, notice.text), close))
  }

  #ask() {
    const input = by('words')
    const wrong = (why) => {
      setText(by('ask-why'), why)
      setAttribute(input, 'aria-invalid', why ? 'true' : null)
    }
    const look = () => {
      const text = typedWords(input.value)
      wrong('')
      const checked = checkWords(text)
      const hint = checked.error ? wordsSentence(checked) : checked.known > 0 ? `${checked.known} of ${WORDS} words` : ''
      setText(by('words-hint'), hint)
      const last = /[\s,-]$/.test(text) ? '' : (text.split(/[\s,-]+/).pop() ?? '')
      const offered = last.length >= 2 && !checked.error ? complete(last).slice(0, 4).filter((word) => word !== last) : []
      by('completions').replaceChildren(...offered.map((word) => h('button', {
        type: 'button',
        onclick: () => {
          input.value = `${text.slice(0, text.length - last.length)}${word} `
          input.focus()
          look()
        },
      }, word)))
    }
    input.addEventListener('input', look)
    by('ask').addEventListener('submit', (event) => {
      event.preventDefault()
      const read = readWords(typedWords(input.value))
      if (read.error) {
        wrong(wordsSentence(read))
        setText(by('words-hint'), '')
        return input.focus()
      }
      input.value = ''
      look()
      this.#act({ type: 'goTo', words: read.words })
    })
    by('open-room').addEventListener('click', () => this.#act({ type: 'openRoom' }))
    by('wait-again').addEventListener('click', () => location.reload())
  }

  #stage() {
    const act = (id, event) => by(id).addEventListener('click', () => this.#act(event))
    // The address is the room's: it stays.
    by('skip').addEventListener('click', (event) => {
      event.preventDefault()
      const place = by('room').hidden ? by('words') : by('take')
      place.focus()
    })
    act('snap', { type: 'snap' })
    act('snap-send', { type: 'snapSend' })
    act('throw-away', { type: 'throwAway' })
    act('camera-start', { type: 'cameraStart' })
    act('turn', { type: 'cameraTurn' })
    by('send').addEventListener('click', () => this.#act({ type: 'sendHeldNow', smaller: by('smaller-box').checked }))
    by('torch').addEventListener('click', () => {
      const on = by('torch').getAttribute('aria-pressed') !== 'true'
      by('torch').setAttribute('aria-pressed', `${on}`)
      this.#act({ type: 'cameraTorch', on })
    })
    by('zoom').addEventListener('input', () => this.#act({ type: 'cameraZoom', zoom: Number(by('zoom').value) }))
    const chosen = (id, how) => by(id).addEventListener('change', () => {
      const files = Array.from(by(id).files)
      by(id).value = ''
      if (files.length > 0) this.#act({ type: 'chosen', files, how })
    })
    chosen('capture', 'photo')
    chosen('photo', 'photo')
    chosen('files', 'files')
  }

  #dialogs() {
    for (const id of ['who', 'invite']) by(`${id}-open`).addEventListener('click', () => by(id).showModal())
    for (const dialog of document.querySelectorAll('dialog')) {
      dialog.querySelector('[data-close]').addEventListener('click', () => dialog.close())
      // A press beside it closes it.
      dialog.addEventListener('click', (event) => event.target === dialog && dialog.close())
    }
    by('who-open').addEventListener('click', () => this.#act({ type: 'showName' }))
    by('name-form').addEventListener('submit', (event) => {
      event.preventDefault()
      this.#act({ type: 'renameTo', name: by('name').value })
      by('name').blur()
    })
    by('keeps-exif').addEventListener('change', () => this.#act({ type: 'keepsExif', keeps: by('keeps-exif').checked }))
    by('leave').addEventListener('click', () => {
      by('who').close()
      this.#act({ type: 'leaveRoom' })
    })
    by('invite-copy').addEventListener('click', async () => {
      const link = by('invite-link')
      link.select()
      const copied = await (navigator.clipboard?.writeText(link.value).then(() => true, () => false) ?? document.execCommand('copy'))
      setText(by('invite-copy'), copied ? 'Copied ✓' : 'Select and copy')
    })
    by('invite-open').addEventListener('click', () => {
      setText(by('invite-copy'), 'Copy')
      drawCode(by('invite-qr'), by('invite-link').value)
    })
    by('viewer').addEventListener('close', () => by('viewer-picture').removeAttribute('src'))
  }

  /** Shows the name that others see, to be changed. */
  showName(name) {
    by('name').value = name
  }

  /** Shows a picture of the trail large. */
  look(item) {
    const url = urlOf(item)
    setText(by('viewer-title'), item.direction === 'out' ? called(item.name) : `${item.from.name}: ${called(item.name)}`)
    Object.assign(by('viewer-save'), { href: url, download: item.name })
    Object.assign(by('viewer-picture'), { src: url, alt: called(item.name) })
    by('viewer').showModal()
  }

  #dropAndPaste() {
    const hasFiles = (event) => Array.from(event.dataTransfer?.types ?? []).includes('Files')
    const mark = (on) => document.body.classList.toggle('dropping', on)
    addEventListener('dragover', (event) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      mark(true)
    })
    addEventListener('dragleave', (event) => event.relatedTarget === null && mark(false))
    addEventListener('drop', (event) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      mark(false)
      const { files, items } = event.dataTransfer
      // They are there in this moment alone.
      const entries = Array.from(items ?? [], (item) => item.webkitGetAsEntry?.()).filter(Boolean)
      if (files.length > 0) this.#act({ type: 'dropped', files: Array.from(files), entries })
    })
    addEventListener('paste', (event) => {
      const files = Array.from(event.clipboardData?.files ?? [])
      if (files.length === 0) return
      event.preventDefault()
      this.#act({ type: 'chosen', files, how: 'photo' })
    })
    addEventListener('keydown', (event) => {
      const isTyping = event.target.closest?.('input[type=text], dialog[open]')
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return
      const press = { s: 'snap', S: 'snap-send', Escape: 'throw-away', i: 'invite-open', w: 'who-open' }[event.key]
      if (press && !by(press).hidden && by(press).offsetParent) by(press).click()
      if (event.key === 'Enter' && event.target === document.body && !by('send').hidden) by('send').click()
    })
  }
}

/** Dark squares on a light ground, whatever the page's colours: that is what cameras read. */
async function drawCode(svg, text) {
  // Who came by a code seldom shows one: it comes when it is asked for.
  const modules = await import('../qr.js').then(({ qrCode }) => qrCode(text), () => null)
  show(svg, modules !== null)
  if (modules === null) return
  const path = modules.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  svg.setAttribute('viewBox', `0 0 ${modules.length} ${modules.length}`)
  svg.querySelector('path').setAttribute('d', path)
}

function roomState(room, peers, here) {
  if (room.phase === 'lost') {
    const waits = peers.some((peer) => peer.route?.server)
    return ['bad', `${room.why}: trying again, transfers ${waits ? 'through it wait' : 'go on'}`]
  }
  if (room.phase === 'refused') return ['bad', room.why]
  if (here.length > 0) return ['', '']
  if (peers.length > 0) return ['', 'Someone is there who has not shown the words yet. If that stays so, a word may be wrong.']
  return ['', 'Nobody else is here yet. What you send now goes to whoever comes.']
}

/** What somebody is asked whom the rows tell nothing. */
function offer(incoming) {
  const asked = incoming.filter((it) => it.phase === 'asked').pop()
  return asked ? `${asked.from} offers ${called(asked.name)}: accept or decline` : ''
}

function blankText({ phase, why }) {
  if (phase === 'starting') return 'Turning the camera on…'
  if (phase === 'failed') return why
  if (phase === 'off') return 'The camera is off.'
  return 'Take a photo with the round button: one tap to the camera, one to send.'
}
