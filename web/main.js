// The page's program: wires the state, the screen and everything outside, and does what `update` says.

import { begin, called, isBusy } from './app/state.js'
import { pollTimeout, update } from './app/update.js'
import { hex } from './bytes.js'
import { Camera, mayHaveCamera } from './io/camera.js'
import { keepAwake } from './io/awake.js'
import { Peer } from './io/peer.js'
import { foresee, fresh, prepare, scaled } from './io/photos.js'
import { random } from './io/random.js'
import * as settings from './io/settings.js'
import { Socket } from './io/socket.js'
import { Source, readFailure } from './io/sources.js'
import { openStore } from './io/store.js'
import { meetTabs } from './io/tabs.js'
import { pinIn, roomHash, typedIn, websocketUrl } from './link.js'
import { fingerprint } from './seal/identity.js'
import { deriveKeys } from './seal/keys.js'
import { safeText } from './text.js'
import { isPicture } from './transfer/message.js'
import { Screen } from './ui/screen.js'
import { RANDOM_BYTES, readWords, wordsOf, wordsSentence } from './words.js'

const identity = settings.readIdentity()
const state = begin({
  name: settings.readName(), key: hex(identity.key), fingerprint: fingerprint(identity.key), known: settings.readKnown(),
  keepsExif: settings.readKeepsExif(),
})
const screen = new Screen(act)
const camera = new Camera(screen.video, (why) => tell({ type: 'camera', camera: { phase: 'failed', why } }))
/** Few ever need it: it comes when it is asked for. */
const folders = () => import('./io/folders.js')
/** What is there of the outside: the keys, the socket, the store, this tab, the task of each peer. */
const outside = { member: null, socket: null, store: null, tab: null, tasks: new Map() }

/** What the person does: some of it needs a hand from outside before it is an event. */
async function act(event) {
  switch (event.type) {
    case 'goTo':
      history.pushState(null, '', roomHash(event.words, pin()))
      return enter()
    case 'openRoom':
      return act({ type: 'goTo', words: wordsOf(random(RANDOM_BYTES)) })
    case 'leaveRoom':
      history.replaceState(null, '', location.pathname)
      camera.stop()
      return tell({ type: 'leave' })
    case 'cameraStart':
      return startCamera()
    case 'cameraTurn':
      return startCamera(() => camera.turn())
    case 'cameraTorch':
      return camera.setTorch(event.on)?.catch(() => {})
    case 'cameraZoom':
      return camera.setZoom(event.zoom)?.catch(() => {})
    case 'snap':
    case 'snapSend': {
      try {
        const file = fresh(await camera.snap())
        screen.flash()
        return tell(event.type === 'snap' ? { type: 'hold', file } : { type: 'send', files: [file] })
      } catch (error) {
        return tell({ type: 'notice', mood: 'bad', text: error.message })
      }
    }
    case 'chosen':
      return choose(event.files, event.how)
    case 'dropped':
      return drop(event)
    case 'saveFolder':
      return saveFolder(event.item)
    case 'sendHeldNow': {
      const file = event.smaller && state.held ? await scaled(state.held) : null
      return tell({ type: 'sendHeld', file })
    }
    case 'showName':
      return screen.showName(state.settings.name)
    case 'renameTo': {
      const name = safeText(event.name)
      return name && name !== state.settings.name ? tell({ type: 'rename', name }) : undefined
    }
    case 'look':
      return event.item.isUnreadable
        ? tell({ type: 'notice', mood: 'info', text: `this browser cannot show ${called(event.item.name)}: download it` })
        : screen.look(event.item)
    default:
      return tell(event)
  }
}

/** Something happened: the state hears of it, what follows is done, and the screen shows it. */
function tell(event) {
  for (const effect of update(state, event, Date.now())) perform(effect)
  keepAwake(isBusy(state))
  draw()
}

function perform(effect) {
  const task = outside.tasks.get(effect.peer)
  switch (effect.do) {
    case 'derive':
      return derive(effect.words)
    case 'join':
      return join(effect.keys)
    case 'leave':
      return leave()
    case 'connect':
      return connect(effect)
    case 'disconnect':
      task?.end()
      return outside.tasks.delete(effect.peer)
    case 'deliver':
      return task?.deliver(effect.payload)
    case 'reconnect':
      return task?.reconnect()
    case 'checkServer':
      return outside.socket?.doubt()
    case 'server':
      for (const it of outside.tasks.values()) it.server = state.server
      return
    case 'cutOff':
      return task?.cutOff()
    case 'propose':
      return propose(effect.peer, effect.item)
    case 'accept':
      return task?.accept(effect.transfer)
    case 'decline':
      return task?.decline(effect.transfer, effect.reason)
    case 'cancel':
      return task?.cancel(effect.transfer, 'person')
    case 'rest':
      return task?.rest(effect.direction, effect.transfer, effect.resting)
    case 'keep':
      return keep(effect.item)
    case 'keepHeld':
      return outside.store?.keep({ ...effect.file, ...heldPlace(), at: Date.now() }).catch(() => {})
    case 'forgetHeld':
      return outside.store?.forget(heldPlace())
    case 'forget':
      if (effect.item.url) URL.revokeObjectURL(effect.item.url)
      return outside.store?.forget(effect.item)
    case 'keepKnown':
      return settings.keepKnown(state.settings.known)
    case 'keepKeepsExif':
      return settings.keepKeepsExif(effect.keeps)
    case 'rename':
      settings.keepName(effect.name)
      outside.member = { ...outside.member, name: effect.name }
      for (const it of outside.tasks.values()) it.rename(outside.member)
  }
}

/** Goes into the room that the page's address names, or asks for its words. */
function enter() {
  if (typeof RTCPeerConnection !== 'function') {
    return tell({ type: 'wrongWords', why: 'This browser cannot reach others directly (it has no WebRTC): use another one.' })
  }
  pin()
  const typed = typedIn(location.hash)
  if (typed === '') return tell({ type: 'wrongWords', why: null })
  const read = readWords(typed)
  if (read.error) return tell({ type: 'wrongWords', why: `The link’s words are not right: ${wordsSentence(read)}.` })
  if (state.room.words === read.words && state.room.phase !== 'left') return
  // Everything of one room goes with its page.
  if (state.room.words !== null) return location.reload()
  tell({ type: 'enter', words: read.words })
}

/** The key that the page's server is known by, once a link has told it: whoever is invited may need it. */
function pin() {
  const told = pinIn(location.hash)
  if (told) settings.tabValue.keep('pin', told)
  return told ?? settings.tabValue.read('pin') ?? null
}

async function derive(words) {
  const deriving = deriveKeys(words, (done) => tell({ type: 'deriving', done }))
  const [keys, store, tab] = await Promise.all([deriving, openStore(), outside.tab ?? meetTabs(deriving)])
  Object.assign(outside, { store, tab })
  state.settings.bytesMax = store.bytesMax
  outside.member = { keys, identity, name: state.settings.name }
  const items = await store.items(keys.room).catch(() => [])
  tell({ type: 'recalled', items: items.filter(isOurs).map(recalled) })
  const held = items.find((item) => item.id === heldPlace().id)
  if (held) tell({ type: 'hold', file: held })
  tell({ type: 'derived', keys })
  if (mayHaveCamera()) startCameraIfAllowed()
}

/** Where the photo that waits to be sent is kept, so that a reload does not lose it. */
const heldPlace = () => ({ id: `held ${outside.tab.name}`, direction: 'held', room: outside.member.keys.room })

/** What came in is everybody's; what goes out is its own tab's, or that of one that is gone. */
function isOurs(item) {
  if (item.direction === 'held') return false
  return item.direction === 'in' || item.tab === outside.tab.name || !outside.tab.others.has(item.tab)
}

/** What was under way when the page went is to go on. */
function recalled(item) {
  if (item.direction === 'in') return item
  const receipts = item.receipts.map((it) => {
    const waits = it.state === 'going' || it.state === 'waiting'
    if (!waits) return it
    return item.blob ? { ...it, state: 'waiting', transfer: null } : { ...it, state: 'failed', why: 'gone' }
  })
  return { ...item, receipts, audience: item.blob ? item.audience : 'here', fresh: false }
}

function join(keys) {
  const { read, keep: remember } = settings.tabValue
  const [room, token] = (read('token') ?? '').split(' ')
  const { tasks } = outside
  const socket = new Socket(websocketUrl(location, keys.room), keys.room, room === keys.room ? token : null, {
    reply: (reply) => outside.socket === socket && tell({ type: 'signaling', reply }),
    frame: ({ from, data }) => tasks.get(from)?.hear(data),
    token: (it) => outside.socket === socket && remember('token', `${keys.room} ${it}`),
  })
  outside.socket = socket
}

function leave() {
  const { socket, tasks } = outside
  Object.assign(outside, { socket: null, tasks: new Map() })
  settings.tabValue.forget('token')
  Object.assign(state.room, { words: null, local: null })
  // Something may still be on its way through the server.
  Promise.all(Array.from(tasks.values(), (task) => task.end())).then(() => socket?.end())
}

function connect({ peer, task: number, offers }) {
  const { socket } = outside
  const from = () => state.peers.get(peer)
  outside.tasks.set(peer, new Peer({
    local: state.room.local, remote: peer, offers, member: outside.member, server: state.server, store: outside.store,
    relay: (payload) => socket.relay(peer, payload),
    carry: (frame) => socket.carry(peer, frame),
    tell: (event) => tell({ type: 'peer', peer, task: number, event }),
    // A receipt is given only once this is done.
    place: async ({ transfer, proposal, blob, blobType, key }) => {
      if (proposal.files !== null && !(await (await folders()).manifestIn(blob, proposal.files))) throw new Error('not a folder')
      const { name, key: sender } = from() ?? { name: '', key: null }
      const item = {
        id: `${Date.now().toString(36)}-${hex(random(4))}`, direction: 'in', room: outside.member.keys.room, at: Date.now(),
        name: proposal.name, type: proposal.mediaType, size: proposal.size, dimensions: proposal.dimensions, files: proposal.files,
        from: { name: name || 'someone', key: sender }, blob, blobType, key, fresh: true,
      }
      if (isPicture(proposal)) foresee(blob)
      // Where there is no room for it, it is in memory, for as long as the page is there.
      item.isFleeting = await outside.store.keep(stored(item)).then(() => false, () => true)
      tell({ type: 'placed', peer, transfer, item })
    },
  }))
}

async function propose(peer, item) {
  const task = outside.tasks.get(peer)
  let mark
  try {
    mark = await new Source(item.blob).mark()
  } catch (error) {
    return tell({ type: 'unreadable', item: item.id, peer, why: readFailure(error) })
  }
  if (outside.tasks.get(peer) !== task || !task) return
  const { name, type: mediaType, size, dimensions, modified, files = null } = item
  const proposal = { name, mediaType, size, dimensions, modified, executable: false, files }
  // Each reads for itself, so that a slow one holds up none.
  const transfer = task.propose(proposal, mark, new Source(item.blob))
  tell({ type: 'offered', item: item.id, peer, transfer })
}

function keep(item) {
  const { store, member, tab } = outside
  if (!store || !member) return
  const small = item.size <= KEPT_BYTES_MAX
  const whole = { ...stored(item), room: member.keys.room, tab: tab.name }
  store.keep(small ? whole : { ...whole, blob: undefined }).catch(() => {})
}

/** An item without what is of this page alone. */
const stored = ({ url, fresh: _, isUnreadable, ...item }) => item

async function choose(files, how) {
  const one = how === 'photo' && files.length === 1
  const prepared = []
  for (const file of files) {
    try {
      prepared.push(await prepare(file, { keepsExif: state.settings.keepsExif }))
    } catch {
      tell({ type: 'notice', mood: 'bad', text: `${called(file.name)} cannot be read: choose it again` })
    }
  }
  if (prepared.length === 0) return
  if (one) tell({ type: 'hold', file: prepared[0] })
  else tell({ type: 'send', files: prepared })
}

/** What a person drops here is sent, folders as one. */
async function drop({ files, entries }) {
  if (!entries.some((entry) => entry.isDirectory)) return choose(files, 'files')
  try {
    const sent = await (await folders()).opened(entries, state.settings)
    tell({ type: 'send', files: sent.folders })
    await choose(sent.files, 'files')
  } catch (error) {
    tell({ type: 'notice', mood: 'bad', text: error.name === 'Error' ? error.message : 'that cannot be read: choose its files instead' })
  }
}

/** A folder is saved as a zip file, which takes a moment to be made. */
async function saveFolder(item) {
  tell({ type: 'notice', mood: 'info', text: `making a zip file of ${called(item.name)}` })
  try {
    const url = URL.createObjectURL(await (await folders()).zipOf(item.blob, item.files))
    Object.assign(document.createElement('a'), { href: url, download: `${item.name}.zip` }).click()
    setTimeout(() => URL.revokeObjectURL(url), SAVED_MS)
  } catch (error) {
    tell({ type: 'notice', mood: 'bad', text: `${called(item.name)} cannot be saved: ${error.message}` })
  }
}

async function startCameraIfAllowed() {
  tell({ type: 'camera', camera: { phase: 'off' } })
  const permission = await navigator.permissions?.query({ name: 'camera' }).catch(() => null)
  // Nobody is asked before they want it.
  if (permission?.state === 'granted') await startCamera()
}

async function startCamera(how = () => camera.start()) {
  tell({ type: 'camera', camera: { phase: 'starting' } })
  try {
    await how()
    const abilities = await camera.abilities()
    // It may have ended meanwhile, and that has been told.
    if (camera.isOn) tell({ type: 'camera', camera: { phase: 'on', abilities } })
  } catch (error) {
    tell({ type: 'camera', camera: { phase: 'failed', why: error.message } })
  }
}

let drawing = false
let timer = null

/** Draws once for all that happened in one turn, also where nobody sees the page. */
function draw() {
  if (drawing) return
  drawing = true
  const paint = () => {
    if (!drawing) return
    drawing = false
    screen.render(state, Date.now())
    clearTimeout(timer)
    const due = pollTimeout(state)
    const wait = due === null ? AGES_MS : Math.min(AGES_MS, Math.max(0, due - Date.now()))
    if (state.room.words) timer = setTimeout(() => tell({ type: 'tick' }), wait)
  }
  if (document.visibilityState === 'visible') requestAnimationFrame(paint)
  else setTimeout(paint, 0)
}

/** The phone has slept, the page was out of sight, or the network is another one. */
function wake() {
  outside.socket?.doubt()
  for (const task of outside.tasks.values()) task.check()
}

let hiddenAt = null
document.addEventListener('visibilitychange', () => {
  const isHidden = document.visibilityState === 'hidden'
  if (!isHidden && hiddenAt !== null && Date.now() - hiddenAt > SLEPT_MS) wake()
  hiddenAt = isHidden ? Date.now() : null
  // Nobody is filmed who does not see it.
  if (isHidden && camera.isOn) {
    camera.stop()
    tell({ type: 'camera', camera: { phase: 'off' } })
  } else if (!isHidden && state.camera.phase === 'off' && state.room.phase === 'joined') startCameraIfAllowed()
  draw()
})
addEventListener('online', wake)
addEventListener('pageshow', (event) => event.persisted && wake())
addEventListener('hashchange', enter)
addEventListener('popstate', enter)
addEventListener('pagehide', (event) => {
  if (event.persisted) return
  for (const task of outside.tasks.values()) task.end('at once')
})
addEventListener('beforeunload', (event) => {
  if (isBusy(state)) event.preventDefault()
})

/** Files that go out are kept over a reload up to this size, in bytes. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024
/** How long a browser may take to save what it was handed. */
const SAVED_MS = 600_000
/** How often ages are looked at. */
const AGES_MS = 30_000
/** Out of sight for longer than this, sockets may be dead. */
const SLEPT_MS = 5_000

enter()
