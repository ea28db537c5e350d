// Offers, answers and candidates are written as their golden files, and find the connection they are of.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EARLY_CANDIDATES_MAX, Negotiation, parseSignal, writeSignal } from '../negotiation.js'
import { golden, goldenFiles } from './golden.js'

const [LOW, HIGH] = [1, 2]
const offer = (attempt) => ({ attempt, body: { type: 'offer', sdp: 'o', beside: false, tunnel: null } })
const answer = (attempt) => ({ attempt, body: { type: 'answer', sdp: 'a', tunnel: null } })
const candidate = { type: 'candidate', candidate: 'c', sdpMid: null, sdpMLineIndex: 0 }
const early = (attempt) => ({ attempt, body: candidate })

test('every signal is written as its golden file and read back', () => {
  const files = goldenFiles('signal_')
  assert.ok(files.length >= 5)
  for (const file of files) assert.equal(writeSignal(parseSignal(golden(file))), golden(file), file)
})

test('fields come in any order, unknown ones are passed over, and what is no signal is none', () => {
  const text = '{"sdp":"v=0","later":null,"type":"offer","attempt":1}'
  assert.deepEqual(parseSignal(text), { attempt: 1, body: { type: 'offer', sdp: 'v=0', beside: false, tunnel: null } })
  const none = ['', '{}', 'null', '{"attempt":1}', '{"attempt":1,"type":"offer"}', '{"attempt":-1,"type":"answer","sdp":""}',
    '{"attempt":4294967296,"type":"answer","sdp":""}', '{"attempt":1,"type":"candidate","candidate":"c","sdpMLineIndex":65536}']
  for (const text of none) assert.equal(parseSignal(text), null, text)
})

test('with a description comes a share for a tunnel, which is one or makes it none', () => {
  const share = Uint8Array.from({ length: 32 }, (_, at) => 8 * at)
  for (const signal of [offer(1), answer(1)]) {
    signal.body.tunnel = share
    const text = writeSignal(signal)
    assert.match(text, /,"tunnel":"[\w-]{43}"}$/)
    assert.deepEqual(parseSignal(text), signal)
    for (const wrong of [1, '', 'AAAA', `${'A'.repeat(43)}=`, 'B'.repeat(43)]) {
      assert.equal(parseSignal(JSON.stringify({ ...JSON.parse(text), tunnel: wrong })), null, `${wrong}`)
    }
  }
  const [step] = Negotiation.answer().handle({ ...offer(1), body: { ...offer(1).body, tunnel: share } })
  assert.equal(step.tunnel, share)
})

test('early candidates wait for the description, and are bounded', () => {
  const negotiation = Negotiation.answer()
  assert.deepEqual(negotiation.handle(early(7)), [])
  assert.deepEqual(negotiation.handle(early(6)), [], 'of another attempt')
  const steps = [{ step: 'setOffer', sdp: 'o', tunnel: null }, { step: 'addCandidate', candidate }]
  assert.deepEqual(negotiation.handle(offer(7)), steps)
  assert.deepEqual(negotiation.handle(early(7)), [{ step: 'addCandidate', candidate }])
  assert.deepEqual(negotiation.handle(offer(7)), [], 'the same offer')
  const flooded = Negotiation.answer()
  for (let at = 0; at < 1000; at++) flooded.handle(early(1))
  assert.equal(flooded.handle(offer(1)).length, 1 + EARLY_CANDIDATES_MAX)
})

test('of two offers that cross one stands', () => {
  assert.ok(Negotiation.offer(1, LOW, HIGH).yields())
  assert.ok(!Negotiation.offer(2, HIGH, LOW).yields())
})

test('what is of another attempt is ignored', () => {
  const negotiation = Negotiation.offer(1, HIGH, LOW)
  assert.deepEqual(negotiation.handle(answer(9)), [])
  assert.deepEqual(negotiation.handle(answer(1)), [{ step: 'setAnswer', sdp: 'a', tunnel: null }])
  assert.deepEqual(negotiation.handle(early(9)), [])
  assert.ok(negotiation.yields(), 'it is answered, and yet the other side offers anew')
})
