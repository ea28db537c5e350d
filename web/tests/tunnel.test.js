// What goes through a tunnel arrives whole, in order and from nobody else; and the terminals seal alike.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { base64url, concat, fromBase64url, fromHex, hex, utf8 } from '../bytes.js'
import { CONTROL_BYTES_MAX } from '../transfer/message.js'
import { agree, shareOf } from '../tunnel/keys.js'
import { Broken, CHUNK_BYTES_MAX, FRAME_BYTES_MAX, Session, UNTAKEN_MAX, attemptOf } from '../tunnel/session.js'
import { goldenJson } from './golden.js'

const bytes = (text) => fromHex(text, text.length / 2)
const secretOf = (byte) => new Uint8Array(32).fill(byte)

function two() {
  const [one, other] = [secretOf(1), secretOf(2)]
  return [
    new Session(5, agree(one, 'offerer', 5, shareOf(other))),
    new Session(5, agree(other, 'answerer', 5, shareOf(one))),
  ]
}

const frames = (session) => {
  const all = []
  for (let frame = session.pollFrame(); frame !== null; frame = session.pollFrame()) all.push(frame)
  return all
}

/** Carries all frames of one to the other; what that heard, all of it taken. */
function carry(from, to) {
  const all = []
  for (const frame of frames(from)) {
    assert.ok(frame.length <= FRAME_BYTES_MAX)
    assert.equal(attemptOf(frame), 5)
    const heard = to.handleFrame(frame)
    if (heard === null) continue
    if (heard.heard === 'control' || heard.heard === 'chunk') to.take()
    all.push(heard)
  }
  return all
}

const breaks = (what, kind) => assert.throws(what, (error) => error instanceof Broken && error.kind === kind)

test('both sides have the same keys, and no others have', () => {
  const [one, other] = [secretOf(1), secretOf(2)]
  const keys = agree(one, 'offerer', 7, shareOf(other))
  const theirs = agree(other, 'answerer', 7, shareOf(one))
  assert.deepEqual([keys.sealing, keys.opening], [theirs.opening, theirs.sealing])
  assert.notDeepEqual(keys.sealing, keys.opening)
  assert.notDeepEqual(agree(one, 'offerer', 8, shareOf(other)).sealing, keys.sealing)
})

test('a share of small order is refused', () => {
  for (const first of [0, 1]) {
    const share = new Uint8Array(32)
    share[0] = first
    assert.equal(agree(secretOf(3), 'offerer', 1, share), null)
  }
})

test('messages arrive whole and in order, and are acknowledged', () => {
  const [one, other] = two()
  const [long, chunk, ping] = [new Uint8Array(CONTROL_BYTES_MAX).fill(120), new Uint8Array(CHUNK_BYTES_MAX).fill(7), utf8('12345678')]
  one.control(utf8('hello'))
  one.control(long)
  one.chunk(chunk)
  one.ping(ping)
  one.bye()
  assert.ok(!one.isFlushed)
  assert.deepEqual(carry(one, other), [
    { heard: 'control', data: utf8('hello') }, { heard: 'control', data: long }, { heard: 'chunk', data: chunk }, { heard: 'bye' },
  ])
  assert.deepEqual(carry(other, one), [{ heard: 'pong', data: ping }])
  assert.ok(one.isFlushed && other.isFlushed)
})

test('so much may be under way, and more ends it', () => {
  const [one, other] = two()
  let count = 0
  for (; one.hasRoom; count++) one.chunk(utf8('chunk'))
  assert.equal(count, UNTAKEN_MAX - 1, 'so that a control message of two parts has room')
  one.control(new Uint8Array(CHUNK_BYTES_MAX).fill(120))
  for (const frame of frames(one)) other.handleFrame(frame)
  one.chunk(utf8('one too many'))
  breaks(() => other.handleFrame(one.pollFrame()), 'flood')
})

test('what is lost, changed, said twice or one’s own does not open', () => {
  for (const spoil of ['lost', 'changed', 'twice', 'own', 'short']) {
    const [one, other] = two()
    one.control(utf8('first'))
    one.control(utf8('second'))
    let [first, frame] = frames(one)
    if (spoil !== 'lost' && spoil !== 'own') other.handleFrame(first)
    if (spoil === 'changed') frame[frame.length - 1] ^= 1
    if (spoil === 'twice') frame = first
    if (spoil === 'short') frame = frame.subarray(0, 3)
    breaks(() => (spoil === 'own' ? one : other).handleFrame(spoil === 'own' ? first : frame), 'sealed')
  }
})

test('acknowledgements of what was never said end it', () => {
  const [one, other] = two()
  other.take()
  breaks(() => one.handleFrame(other.pollFrame()), 'malformed')
})

test('pings that pile up go unanswered', () => {
  const [one, other] = two()
  for (let at = 0; at < 100; at++) one.ping(new Uint8Array(8))
  for (const frame of frames(one)) other.handleFrame(frame)
  assert.equal(frames(other).length, 32)
})

test('shares and frames are those of the golden file, byte by byte', () => {
  const { number, offerer, answerer, offered, answered } = goldenJson('tunnel.json')
  for (const [side, otherSide, own, theirs, said] of [
    ['offerer', 'answerer', offerer, answerer, offered], ['answerer', 'offerer', answerer, offerer, answered],
  ]) {
    assert.equal(base64url(shareOf(bytes(own.secret))), own.share)
    const speaker = new Session(number, agree(bytes(own.secret), side, number, fromBase64url(theirs.share)))
    const listener = new Session(number, agree(bytes(theirs.secret), otherSide, number, fromBase64url(own.share)))
    assert.ok(said.length > 0)
    for (const { kind, data, frames: spoken } of said) {
      say(speaker, listener, kind, bytes(data))
      assert.deepEqual(frames(speaker).map(hex), spoken, kind)
      for (const frame of spoken) {
        assert.equal(attemptOf(bytes(frame)), number)
        const heard = listener.handleFrame(bytes(frame))
        if (heard === null) continue
        assert.deepEqual([heard.heard, hex(heard.data ?? bytes(''))], [kind, data])
        if (kind === 'control' || kind === 'chunk') listener.take()
      }
    }
  }
})

/** Has one say this to the other, after what it answers, if it does. */
function say(speaker, listener, kind, data) {
  if (kind === 'pong') listener.ping(data)
  if (kind === 'taken') listener.chunk(Uint8Array.of(0))
  for (const frame of frames(listener)) speaker.handleFrame(frame)
  if (kind === 'taken') speaker.take()
  else if (kind === 'bye') speaker.bye()
  else if (kind !== 'pong') speaker[kind](data)
}
