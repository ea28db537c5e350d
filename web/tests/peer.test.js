// Two peers whose connections do not open meet through the server, and over a connection once one does. The
// browser's part and the server's are played here; the rest is the page's own.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { afterEach, test } from 'node:test'
import { Part } from '../io/part.js'
import { Peer } from '../io/peer.js'
import { Source } from '../io/sources.js'
import { Tunnels } from '../io/tunnels.js'
import { identityOf } from '../seal/identity.js'
import { keysOf } from '../seal/keys.js'

/** What browsers connect with; here none reaches another until the network is mended. */
class FakeConnection {
  static all = []
  static isMended = false

  constructor() {
    this.number = FakeConnection.all.push(this)
    this.channels = []
    this.connectionState = 'new'
  }

  createDataChannel(label) {
    const channel = { label, readyState: 'connecting', bufferedAmount: 0, send: (data) => channel.pipe(data) }
    this.channels.push(channel)
    return channel
  }

  async createOffer() {
    return { sdp: `${this.number}` }
  }

  async createAnswer() {
    return { sdp: `${this.number}` }
  }

  async setLocalDescription() {}

  async setRemoteDescription({ type, sdp }) {
    this.remote = FakeConnection.all[Number(sdp) - 1]
    if (type === 'answer' && FakeConnection.isMended) this.open()
  }

  open() {
    for (const [here, there] of [[this, this.remote], [this.remote, this]]) {
      for (const [at, channel] of here.channels.entries()) {
        channel.readyState = 'open'
        channel.pipe = (data) => queueMicrotask(() => {
          const message = typeof data === 'string' ? data : data.slice().buffer
          if (there.connectionState !== 'closed') there.channels[at].onmessage({ data: message })
        })
      }
    }
    for (const it of [this, this.remote]) for (const channel of it.channels) channel.onopen()
  }

  async getStats() {
    return new Map()
  }

  close() {
    this.connectionState = 'closed'
    for (const channel of this.channels) channel.readyState = 'closed'
  }
}
globalThis.RTCPeerConnection = FakeConnection
Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'a browser' }, configurable: true })

const KEYS = keysOf(new Uint8Array(32).fill(9))
const worlds = []
afterEach(async () => {
  FakeConnection.isMended = false
  for (const world of worlds.splice(0)) await Promise.all(world.ends.map((end) => end.peer.end()))
})

/** Two peers in a room, and what they tell. */
class World {
  isCut = false
  framesSeen = 0

  constructor({ frames = [true, true] } = {}) {
    worlds.push(this)
    this.ends = [1, 2].map((id) => ({ id, told: [], placed: null, proposed: null }))
    for (const [at, end] of this.ends.entries()) {
      const other = this.ends[1 - at]
      const carried = (deliver) => !this.isCut && setTimeout(() => !this.isCut && deliver(), 1) !== null
      end.peer = new Peer({
        local: end.id, remote: other.id, offers: at === 0, store: STORE,
        member: { keys: KEYS, identity: identityOf(new Uint8Array(32).fill(end.id)), name: `${end.id}` },
        server: { iceServers: [], frames: frames[at] },
        relay: (payload) => carried(() => other.peer.deliver(payload)),
        carry: (frame) => {
          this.framesSeen += 1
          return carried(() => other.peer.hear(frame.slice()))
        },
        place: async ({ blob }) => {
          end.placed = blob
        },
        tell: (event) => {
          end.told.push(event)
          if (event.type === 'proposed') end.peer.accept(event.transfer)
        },
      })
    }
  }

  /** The first of what an end told that is so, from the `from`th on. */
  async heard(at, is, what, from = 0) {
    const { told } = this.ends[at]
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; await pause(5)) {
      const found = told.slice(from).find(is)
      if (found) return found
    }
    assert.fail(`waited for: ${what}; told: ${JSON.stringify(told)}`)
  }

  async opened() {
    for (const at of [0, 1]) await this.heard(at, (it) => it.type === 'open', 'it is open')
  }

  async routes(server, from = [0, 0]) {
    for (const at of [0, 1]) {
      await this.heard(at, (it) => it.type === 'route' && Boolean(it.route.server) === server, `its route`, from[at])
    }
  }

  async send(from, bytes) {
    const [sender, receiver] = [this.ends[from], this.ends[1 - from]]
    receiver.placed = null
    const blob = new Blob([bytes])
    const proposal = {
      name: 'x.bin', mediaType: 'application/octet-stream', size: blob.size, dimensions: null, modified: null, executable: false, files: null,
    }
    const transfer = sender.peer.propose(proposal, null, new Source(blob))
    const ended = await this.heard(from, (it) => it.type === 'ended' && it.direction === 'outgoing' && it.transfer === transfer, 'it has ended')
    assert.equal(ended.end.how, 'done')
    assert.deepEqual(new Uint8Array(await receiver.placed.arrayBuffer()), new Uint8Array(bytes))
  }
}

/** Where files are received into: memory. */
const STORE = {
  held: async () => ({ bytes: 0, from: null }),
  create: async (mark, size) => new Part(null, 'key', size),
  release: async () => {},
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

test('where no connection opens, files go through the server, both ways and whole', async () => {
  const began = performance.now()
  const world = new World()
  await world.opened()
  assert.ok(performance.now() - began >= 990, 'a connection is waited for first')
  await world.send(0, randomBytes(3_000_000))
  await world.send(1, randomBytes(3_000_000))
  await world.routes(true)
  assert.ok(!world.ends.some((end) => end.told.some((it) => it.type === 'violated' || it.type === 'unreachable')))
})

test('a connection that opens later takes the place of the server', async () => {
  const world = new World()
  await world.opened()
  await world.send(0, randomBytes(1000))
  const from = world.ends.map((end) => end.told.length)
  FakeConnection.all.filter((it) => it.remote && it.connectionState !== 'closed').at(-1).open()
  await pause(50)
  const before = world.framesSeen
  await world.send(1, randomBytes(100_000))
  await world.send(0, randomBytes(100_000))
  assert.equal(world.framesSeen, before, 'nothing goes through the server any more')
  assert.ok(!world.ends.some((end, at) => end.told.slice(from[at]).some((it) => it.type === 'lost')))
})

test('where a connection opens at once, nothing is said through the server but a question and its answer', async () => {
  FakeConnection.isMended = true
  const world = new World()
  await world.opened()
  await world.send(0, randomBytes(100_000))
  await pause(1100)
  assert.ok(world.framesSeen <= 6, `${world.framesSeen}`)
})

test('where either server carries no frames, none are sent', async () => {
  for (const frames of [[true, false], [false, true]]) {
    const world = new World({ frames })
    await world.heard(0, (it) => it.type === 'proven', 'it is proven')
    await pause(1200)
    assert.equal(world.framesSeen, 0)
    assert.ok(!world.ends.some((end) => end.told.some((it) => it.type === 'open')))
  }
})

test('a server that is lost and comes back is spoken through again, and what was under way goes on', async () => {
  const world = new World()
  await world.opened()
  const sending = world.send(0, randomBytes(6_000_000))
  await world.heard(0, (it) => it.type === 'progress' && it.offset > 0, 'some of it')
  world.isCut = true
  for (const end of world.ends) end.peer.cutOff()
  for (const at of [0, 1]) {
    const { what } = await world.heard(at, (it) => it.type === 'unreachable', 'it is not reached')
    assert.equal(what, 'tunnel')
  }
  world.isCut = false
  for (const end of world.ends) end.peer.reconnect()
  for (const at of [0, 1]) await world.heard(at, (it) => it.type === 'reachable', 'it is reached again')
  await sending
})

/** Two ends of tunnels; what each sends waits until it is carried. */
function twoEnds() {
  const ends = [0, 1].map(() => ({ sent: [], told: [] }))
  for (const end of ends) {
    const note = (what) => (...args) => end.told.push([what, ...args.slice(-1)])
    end.tunnels = new Tunnels({
      carry: (frame) => end.sent.push(frame), proven: note('proven'), ended: note('ended'), control: note('control'), bulk: note('bulk'),
      room: note('room'),
    })
    end.carry = (to) => {
      for (const frame of end.sent.splice(0)) to.tunnels.hear(frame)
    }
    end.whats = () => end.told.map(([what]) => what)
  }
  return ends
}

test('who answers says nothing before it has heard the one that has offered', () => {
  const [one, other] = twoEnds()
  const answer = other.tunnels.agree(7, one.tunnels.offer(7, 0))
  assert.deepEqual(other.sent, [])
  assert.equal(one.tunnels.agree(7, answer), null)
  one.carry(other)
  assert.deepEqual([one.whats(), other.whats()], [[], ['proven']])
  other.carry(one)
  assert.deepEqual(one.whats(), ['proven'])
})

test('a share of nothing opens nothing, and frames of no tunnel are passed over', () => {
  const [one, other] = twoEnds()
  one.tunnels.offer(7, 0)
  assert.equal(one.tunnels.agree(7, new Uint8Array(32)), null)
  assert.equal(other.tunnels.agree(7, new Uint8Array(32)), null)
  for (const frame of [new Uint8Array(0), new Uint8Array(3), Uint8Array.of(0, 0, 0, 7), new Uint8Array(60)]) one.tunnels.hear(frame)
  assert.deepEqual([one.tunnels.spare, other.tunnels.spare, one.told, one.sent], [null, null, [], []])
})

test('who has offered speaks when a second has passed and the other end is known to be there', () => {
  const [one, other] = twoEnds()
  one.tunnels.agree(7, other.tunnels.agree(7, one.tunnels.offer(7, 5_000)))
  assert.deepEqual([one.tunnels.pollTimeout(), one.tunnels.ready(9_000)], [null, null])
  one.carry(other)
  other.carry(one)
  assert.equal(one.tunnels.pollTimeout(), 6_000)
  assert.equal(one.tunnels.ready(5_999), null)
  assert.equal(one.tunnels.ready(6_000), one.tunnels.spare)
  assert.equal(other.tunnels.ready(99_000), null, 'who has answered never begins')
})

test('more than may be under way waits, in its order', () => {
  const [one, other] = twoEnds()
  one.tunnels.agree(7, other.tunnels.agree(7, one.tunnels.offer(7, 0)))
  const { connection } = one.tunnels.spare
  one.tunnels.keep(one.tunnels.spare)
  other.tunnels.keep(other.tunnels.spare)
  assert.ok(connection.room() > 16_000)
  for (let at = 0; at < 20; at++) at === 10 ? connection.send(Uint8Array.of(at)) : connection.say(`${at}`)
  assert.equal(connection.room(), 0)
  assert.equal(one.sent.length, 8, 'a ping and seven messages')
  for (let turn = 0; turn < 4; turn++) {
    one.carry(other)
    other.carry(one)
  }
  const heard = other.told.filter(([what]) => what !== 'proven').map(([what, it]) => (what === 'bulk' ? it[0] : Number(it)))
  assert.deepEqual(heard, Array.from({ length: 20 }, (_, at) => at))
  assert.ok(one.whats().includes('room') && connection.room() > 0)
})

test('another tunnel takes the place of one that is not spoken through, and a connection that of all', async () => {
  const [one, other] = twoEnds()
  for (const attempt of [7, 8]) {
    one.tunnels.agree(attempt, other.tunnels.agree(attempt, one.tunnels.offer(attempt, 0)))
    one.carry(other)
    other.carry(one)
    if (attempt === 7) continue
    assert.equal(one.tunnels.spare.attempt, 8)
    one.tunnels.keep({ what: 'a connection' })
    one.carry(other)
    await pause(0)
    assert.deepEqual([one.tunnels.spare, other.tunnels.spare], [null, null])
  }
})

test('what was said last is taken before a tunnel ends', async () => {
  const [one, other] = twoEnds()
  one.tunnels.agree(7, other.tunnels.agree(7, one.tunnels.offer(7, 0)))
  for (const end of [one, other]) end.tunnels.keep(end.tunnels.spare)
  for (let at = 0; at < 10; at++) one.tunnels.main.connection.say('last')
  let isClosed = false
  one.tunnels.close().then(() => (isClosed = true))
  for (let turn = 0; turn < 2; turn++) {
    assert.ok(!isClosed)
    one.carry(other)
    other.carry(one)
    await pause(0)
  }
  assert.ok(isClosed)
  one.carry(other)
  await pause(0)
  assert.deepEqual(other.whats().filter((it) => it !== 'proven'), [...Array(10).fill('control'), 'ended'])
})

test('a tunnel that breaks has ended on both sides', async () => {
  const [one, other] = twoEnds()
  one.tunnels.agree(7, other.tunnels.agree(7, one.tunnels.offer(7, 0)))
  for (const end of [one, other]) end.tunnels.keep(end.tunnels.spare)
  one.sent[0][20] ^= 1
  one.carry(other)
  other.carry(one)
  await pause(0)
  assert.deepEqual([one.tunnels.main, other.tunnels.main], [null, null])
  assert.deepEqual([one.whats(), other.whats()], [['proven', 'ended'], ['ended']])
})
