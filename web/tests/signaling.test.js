// What the server says is taken apart once, and what it may not say is nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FRAME_DATA_BYTES_MAX, MESSAGE_BYTES_MAX, frame, join, leave, parseFrame, parseReply, signal } from '../signaling.js'

test('requests are written as the server reads them', () => {
  assert.equal(join('a1', null), '{"type":"join","version":1,"room":"a1"}')
  assert.equal(join('a1', 't'), '{"type":"join","version":1,"room":"a1","token":"t"}')
  assert.equal(signal(7, 'AQ'), '{"type":"signal","to":7,"payload":"AQ"}')
  assert.equal(leave(), '{"type":"leave"}')
})

test('replies are read, and bounded', () => {
  const welcome = {
    type: 'welcome', version: 1, id: 5, peers: [5, 6, 6, 9007199254740991], token: 'aa', later: 1,
    ice_servers: [{ urls: ['stun:a', 'http://b'] }, 3, { urls: ['turn:c'], username: 'u', credential: 'p' }],
  }
  assert.deepEqual(parseReply(JSON.stringify(welcome)), {
    type: 'welcome', id: 5, peers: [6, 9007199254740991], token: 'aa',
    iceServers: [{ urls: ['stun:a'] }, { urls: ['turn:c'], username: 'u', credential: 'p' }], frames: false,
  })
  assert.ok(parseReply(JSON.stringify({ ...welcome, frames: true })).frames)
  assert.deepEqual(parseReply('{"type":"signal","from":1,"payload":null}'), { type: 'signal', from: 1, payload: null })
  assert.deepEqual(parseReply('{"type":"bye","retry_after_ms":99999999}'), { type: 'bye', retryAfter: 30_000 })
  assert.deepEqual(parseReply('{"type":"joined","peer":1}'), { type: 'joined', peer: 1, offer: false })
  assert.deepEqual(parseReply('{"type":"joined","peer":1,"offer":true}'), { type: 'joined', peer: 1, offer: true })
  const none = ['', '[]', 'null', '1', '{"type":"later"}', '{"type":"joined"}', '{"type":"left","peer":1.5}',
    '{"type":"left","peer":9007199254740992}', '{"type":"signal","from":1}', '{"type":"refused","reason":"mood"}',
    `{"type":"joined","peer":1,"x":"${'x'.repeat(40_000)}"}`]
  for (const text of none) assert.equal(parseReply(text), null, text.slice(0, 60))
})

test('frames name a peer, and are bounded', () => {
  const message = frame(2 ** 53 - 1, Uint8Array.of(1, 2))
  assert.deepEqual(Array.from(message), [0, 31, 255, 255, 255, 255, 255, 255, 1, 2])
  assert.deepEqual(parseFrame(message), { from: 2 ** 53 - 1, data: Uint8Array.of(1, 2) })
  assert.equal(parseFrame(message.subarray(0, 7)), null)
  assert.equal(frame(1, new Uint8Array(FRAME_DATA_BYTES_MAX)).length, MESSAGE_BYTES_MAX)
  assert.equal(parseFrame(new Uint8Array(MESSAGE_BYTES_MAX + 1)), null)
})
