// Two sessions hand each other files over lines that are cut, slow and hostile.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { nothingHeld } from '../transfer/incoming.js'
import { PAGE_LIMITS, encodeChunk, parseMessage, writeMessage } from '../transfer/message.js'
import { GREETING_TIMEOUT, Session } from '../transfer/session.js'
import { Violation } from '../transfer/violation.js'
import { golden } from './golden.js'

const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex')
const bytesOf = (length, salt = 1) => Uint8Array.from({ length }, (_, at) => (at * salt) >> 3)
const proposal = (bytes, name = 'a.bin') => ({
  name, mediaType: 'application/octet-stream', size: bytes.length, dimensions: null, modified: null, executable: false,
  files: null,
})

/** One end: a session, its files, and what it has told. */
class End {
  told = []
  files = new Map()
  received = new Map()
  stored = new Map()
  takes = () => nothingHeld()

  constructor(number, limits = PAGE_LIMITS) {
    this.session = new Session(number, limits, 0)
  }

  send(bytes, name, mark = null) {
    const transfer = this.session.propose(proposal(bytes, name), mark)
    this.files.set(transfer, bytes)
    return transfer
  }

  /** Does what the session says. */
  settle(now) {
    for (let event = this.session.pollEvent(); event; event = this.session.pollEvent()) {
      const { type, transfer } = event
      this.told.push(event)
      if (type === 'proposed') {
        const held = this.takes(event)
        if (held === null) this.session.decline(transfer, 'person')
        else if (held !== undefined) {
          this.received.set(transfer, Array.from(held.bytes ?? []))
          this.session.accept(transfer, held)
        }
      }
      if (type === 'write') {
        const all = this.received.get(transfer)
        assert.equal(all.length, event.offset, 'in order, without a gap')
        for (const byte of event.data) all.push(byte)
        this.session.written(transfer, all.length, now)
      }
      if (type === 'store') {
        this.stored.set(transfer, Uint8Array.from(this.received.get(transfer)))
        this.session.stored(transfer)
      }
      if (type === 'hash') this.session.hashed(transfer, digestOf(this.files.get(transfer)))
    }
  }

  ends() {
    return this.told.filter((it) => it.type === 'ended').map(({ direction, transfer, end }) => ({ direction, transfer, ...end }))
  }
}

/** Two ends and the line between them, with a clock of its own. */
class World {
  now = 0
  lines = null

  constructor(one = new End(1), other = new End(2)) {
    this.ends = [one, other]
  }

  connect() {
    this.lines = [[], []]
    for (const end of this.ends) end.session.connect(this.now)
  }

  cut() {
    this.lines = null
    for (const end of this.ends) end.session.disconnect()
  }

  /** Carries one message each way, or as many chunks as are asked for. */
  step(chunkBytes = 1000) {
    this.now += 1
    this.ends.forEach((end, at) => {
      end.settle(this.now)
      const due = end.session.pollTimeout()
      if (due !== null && due <= this.now) end.session.handleTimeout(this.now)
      if (!this.lines) return
      const out = this.lines[at]
      for (let text = end.session.pollControl(); text; text = end.session.pollControl()) out.push(text)
      const read = end.session.pollRead(chunkBytes)
      if (read) {
        const bytes = end.files.get(read.transfer).subarray(read.offset, read.offset + read.length)
        const chunk = end.session.handleRead(read.transfer, bytes, this.now)
        if (chunk) out.push(encodeChunk(chunk))
      }
    })
    if (!this.lines) return
    this.ends.forEach((end, at) => {
      const message = this.lines[1 - at].shift()
      if (message === undefined) return
      if (typeof message === 'string') end.session.handleControl(message, this.now)
      else end.session.handleChunk(message)
      end.settle(this.now)
    })
  }

  run(steps, chunkBytes) {
    for (let step = 0; step < steps; step++) this.step(chunkBytes)
  }

  until(isSo) {
    for (let step = 0; !isSo(); step++) {
      assert.ok(step < 1000, 'in vain')
      this.step()
    }
  }
}

test('files go both ways at once, whole, and each has its receipt', () => {
  const world = new World()
  const [one, other] = world.ends
  const files = [bytesOf(50_000), bytesOf(0), bytesOf(1), bytesOf(30_001, 5)]
  files.forEach((bytes, at) => one.send(bytes, `${at}.bin`))
  const back = other.send(bytesOf(9_999, 3))
  world.connect()
  world.run(600)
  files.forEach((bytes, at) => assert.deepEqual(other.stored.get(at), bytes))
  assert.deepEqual(one.stored.get(back), bytesOf(9_999, 3))
  for (const end of one.ends()) assert.equal(end.how, 'done')
  assert.equal(one.ends().length, 5)
  assert.equal(one.session.inFlight, 0)
})

test('a file outlives its connections, and goes on where it was', () => {
  const world = new World()
  const [one, other] = world.ends
  const bytes = bytesOf(200_000)
  one.send(bytes)
  let cuts = 0
  while (one.ends().length === 0 && cuts < 60) {
    world.connect()
    world.run(30 + cuts)
    world.cut()
    world.run(3)
    cuts += 1
  }
  assert.ok(cuts > 2 && cuts < 60, `${cuts}`)
  assert.deepEqual(other.stored.get(0), bytes)
  assert.deepEqual(one.ends(), [{ direction: 'outgoing', transfer: 0, how: 'done', digest: digestOf(bytes) }])
  assert.ok(one.told.some((it) => it.type === 'resumed' && it.offset > 0))
})

test('what still comes over the connection before need not be sent again', () => {
  for (let underWay = 1; underWay <= 12; underWay++) {
    const world = new World()
    const [one, other] = world.ends
    const bytes = bytesOf(12_000)
    one.send(bytes)
    world.connect()
    const late = []
    other.session.handleChunk = (chunk) => late.push(chunk)
    world.until(() => late.length === underWay)
    delete other.session.handleChunk
    world.cut()
    world.connect()
    world.until(() => other.told.some((it) => it.type === 'resumed'))
    // Before the sender hears from where it is to go on.
    for (const chunk of late) other.session.handleChunk(chunk)
    world.run(100)
    assert.deepEqual(other.stored.get(0), bytes)
    assert.equal(one.ends()[0].how, 'done')
  }
})

test('what was verified before is not sent again, and the digest is of all of it', () => {
  const world = new World()
  const [one, other] = world.ends
  const bytes = bytesOf(100_000)
  other.takes = () => {
    const held = nothingHeld()
    held.hasher.update(bytes.subarray(0, 60_000))
    return { offset: 60_000, hasher: held.hasher, bytes: bytes.subarray(0, 60_000) }
  }
  one.send(bytes, 'a.bin', 'a'.repeat(64))
  world.connect()
  world.run(200)
  assert.deepEqual(other.stored.get(0), bytes)
  const written = other.told.filter((it) => it.type === 'write').reduce((sum, it) => sum + it.data.length, 0)
  assert.equal(written, 40_000)
  assert.equal(one.ends()[0].how, 'done')
})

test('a wrong beginning is noticed in the end', () => {
  const world = new World()
  const [one, other] = world.ends
  other.takes = () => ({ ...nothingHeld(), offset: 10, bytes: new Uint8Array(10) })
  one.send(bytesOf(5000), 'a.bin', 'b'.repeat(64))
  world.connect()
  world.run(100)
  assert.deepEqual(one.ends(), [{ direction: 'outgoing', transfer: 0, how: 'remote', reason: 'digest' }])
  assert.equal(other.stored.size, 0)
})

test('either side stops a transfer, and the other hears why', () => {
  const world = new World()
  const [one, other] = world.ends
  const [first, second] = [one.send(bytesOf(500_000)), one.send(bytesOf(500_000))]
  world.connect()
  world.run(50)
  one.session.cancel(first, 'person')
  other.session.decline(second, 'disk_full')
  world.run(20_000)
  assert.deepEqual(one.ends().map((it) => [it.how, it.reason]), [['local', 'person'], ['remote', 'disk_full']])
  assert.deepEqual(other.ends().map((it) => [it.how, it.reason]).sort(), [['local', 'disk_full'], ['remote', 'person']])
})

test('either side lets a transfer rest, also over another connection', () => {
  for (const [by, direction] of [[0, 'outgoing'], [1, 'incoming']]) {
    const world = new World()
    world.ends[0].send(bytesOf(100_000))
    world.connect()
    world.run(20)
    world.ends[by].session.rest(direction, 0, true)
    world.run(30)
    const before = world.ends[1].received.get(0).length
    world.cut()
    world.connect()
    world.run(100)
    assert.equal(world.ends[1].received.get(0).length, before)
    world.ends[by].session.rest(direction, 0, false)
    world.run(300)
    assert.equal(world.ends[0].ends()[0]?.how, 'done')
    assert.ok(world.ends[1 - by].told.some((it) => it.type === 'paused' && it.by === 'remote'))
  }
})

test('who begins anew knows nothing of what was', () => {
  const world = new World()
  const [one] = world.ends
  one.send(bytesOf(100_000))
  world.connect()
  world.run(20)
  world.cut()
  world.ends[1] = new End(3)
  world.connect()
  world.run(20)
  assert.ok(one.told.some((it) => it.type === 'anew'))
  assert.equal(one.session.inFlight, 0)
  one.send(bytesOf(1000, 7))
  world.run(50)
  assert.deepEqual(world.ends[1].stored.get(1), bytesOf(1000, 7))
})

test('more transfers than are taken at once wait their turn', () => {
  const few = { ...PAGE_LIMITS, transfers: 2 }
  const world = new World(new End(1), new End(2, few))
  for (let at = 0; at < 9; at++) world.ends[0].send(bytesOf(3000, at + 1), `${at}`)
  world.connect()
  world.run(400)
  assert.equal(world.ends[1].stored.size, 9)
  assert.ok(world.ends[0].ends().every((it) => it.how === 'done'))
})

test('no more is under way than the other side takes', () => {
  const narrow = { ...PAGE_LIMITS, windowBytes: 5000 }
  const world = new World(new End(1), new End(2, narrow))
  const [one, other] = world.ends
  const slow = []
  other.session.written = ((written) => (...args) => slow.push(() => written(...args)))(
    other.session.written.bind(other.session))
  one.send(bytesOf(50_000))
  world.connect()
  world.run(100)
  assert.equal(one.session.inFlight, 5000)
  for (let at = 0; at < 200; at++) {
    world.run(200)
    slow.splice(0).forEach((go) => go())
    assert.ok(one.session.inFlight <= 5000)
  }
  assert.deepEqual(other.stored.get(0), bytesOf(50_000))
})

test('what gets nowhere is noticed, and so is who does not say hello', () => {
  const world = new World()
  const [one] = world.ends
  one.send(bytesOf(50_000))
  world.connect()
  world.run(10)
  world.lines = null
  world.run(3200)
  assert.equal(one.told.filter((it) => it.type === 'stalled').length, 1)
  const alone = new End(1)
  alone.session.connect(0)
  alone.session.handleTimeout(GREETING_TIMEOUT)
  alone.settle(0)
  assert.deepEqual(alone.told, [{ type: 'stalled' }])
})

test('whoever breaks the protocol ends its session alone', () => {
  const hello = golden('message_hello.json')
  const chunk = (transfer, offset, length) => encodeChunk({ transfer, offset, data: new Uint8Array(length) })
  const propose = (size) => writeMessage({ type: 'propose', transfer: 0, proposal: proposal(new Uint8Array(size)), mark: null })
  const cases = [
    ['hello', ['{"type":"accept","transfer":0,"offset":0}']],
    ['hello', [hello, golden('message_hello.json').replace('23', '24')]],
    ['version', [hello.replace('"version":1', '"version":0')]],
    ['hello', [hello.replace('64000', '12')]],
    ['malformed', [hello, '{']],
    ['malformed', ['x'.repeat(20_000)]],
    ['chunk', [hello, chunk(0, 0, 1)]],
    ['chunk', [hello, propose(10), chunk(0, 5, 6)]],
    ['chunk', [hello, propose(10), new Uint8Array(12)]],
    ['chunk', [hello, propose(10), chunk(0, 2n ** 63n, 1)]],
    ['accept', [hello, '{"type":"accept","transfer":0,"offset":0}']],
    ['progress', [hello, '{"type":"progress","transfer":9,"offset":0}']],
    ['digest', [hello, golden('message_digest.json')]],
    ['confirm', [hello, golden('message_confirm.json')]],
    ['proposal', [hello, propose(10), propose(10)]],
    ['proposal', [hello, golden('message_cancel.json')]],
  ]
  for (const [kind, messages] of cases) {
    const end = new End(1)
    end.session.connect(0)
    const say = (message) => {
      if (typeof message === 'string') end.session.handleControl(message, 0)
      else end.session.handleChunk(message)
      end.settle(0)
    }
    for (const message of messages.slice(0, -1)) say(message)
    assert.throws(() => say(messages[messages.length - 1]), (error) => error instanceof Violation && error.kind === kind, kind)
  }
})

test('a receiver keeps no more than was proposed, whatever comes in which order', () => {
  let state = 11
  const draw = (below) => (state = (state * 48271) % 2147483647) % below
  for (let round = 0; round < 300; round++) {
    const end = new End(1)
    const size = 1 + draw(4000)
    end.session.connect(0)
    end.session.handleControl(golden('message_hello.json'), 0)
    end.session.handleControl(writeMessage({ type: 'propose', transfer: 0, proposal: proposal(new Uint8Array(size)), mark: null }), 0)
    end.settle(0)
    try {
      for (let at = 0; at < 40; at++) {
        const data = new Uint8Array(1 + draw(900))
        end.session.handleChunk(encodeChunk({ transfer: 0, offset: draw(size), data }))
        end.settle(at)
      }
    } catch (error) {
      assert.ok(error instanceof Violation)
    }
    assert.ok(end.received.get(0).length <= size)
  }
})

test('a page does not ask what was lost, and is told it in vain', () => {
  const end = new End(1)
  end.session.connect(0)
  end.session.handleControl(golden('message_hello_tally.json'), 0)
  end.settle(0)
  assert.equal(parseMessage(end.session.pollControl()).tally, false)
  const before = end.told.length
  end.session.handleControl(golden('message_tally.json'), 0)
  end.settle(0)
  assert.equal(end.told.length, before)
})

test('messages of each kind in any order break nothing but the rules', () => {
  let state = 5
  const draw = (below) => (state = (state * 48271) % 2147483647) % below
  const types = ['accept', 'decline', 'progress', 'digest', 'confirm', 'rest', 'wait', 'cancel', 'propose', 'hello', 'tally']
  for (let round = 0; round < 2000; round++) {
    const end = new End(1)
    end.send(bytesOf(500))
    end.session.connect(0)
    end.session.handleControl(golden('message_hello.json'), 0)
    try {
      for (let at = 0; at < 12; at++) {
        const it = parseMessage(golden(`message_${types[draw(types.length)]}.json`))
        end.session.handleControl(writeMessage({ ...it, transfer: draw(3), offset: draw(600) }), at)
        end.settle(at)
        const read = end.session.pollRead(100)
        if (read) end.session.handleRead(0, bytesOf(500).subarray(read.offset, read.offset + read.length), at)
        end.session.handleTimeout(at * 500)
      }
    } catch (error) {
      assert.ok(error instanceof Violation, error.stack)
    }
  }
})
