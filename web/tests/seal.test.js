// The page and the terminals seal alike: the same vectors hold for both.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { base64url, fromBase64url, fromHex, hex, utf8 } from '../bytes.js'
import { LIST } from '../list.js'
import * as binding from '../seal/binding.js'
import { HELLO, SIGNAL, writeEnvelope } from '../seal/envelope.js'
import { answerTo, writeHello } from '../seal/hello.js'
import { fingerprint, identityOf, isKey, sign, verify } from '../seal/identity.js'
import { KnownPeers } from '../seal/known.js'
import { keysOf, masterOf } from '../seal/keys.js'
import { Seal } from '../seal/session.js'
import { checkWords, complete, readWords, wordsOf, wordsSentence } from '../words.js'
import { goldenJson } from './golden.js'

const vectors = goldenJson('vectors.json')
const bytes = (text) => fromHex(text, text.length / 2)

test('the list is that of BIP-39', () => {
  const digest = createHash('sha256').update(LIST.join('\n') + '\n').digest('hex')
  assert.equal(digest, '2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda')
})

test('words are read however they are typed', () => {
  for (const { typed, words } of vectors.typed) assert.deepEqual(readWords(typed), { words })
})

test('what is wrong with words is said', () => {
  for (const { typed, error, position, nearest } of vectors.wrong) {
    const wrong = readWords(typed)
    assert.deepEqual([wrong.error, wrong.position, wrong.nearest], [error, position, nearest], typed)
  }
  assert.equal(wordsSentence(readWords('velvte crane')), '“velvte” is not on the list: velvet?')
  assert.equal(wordsSentence(readWords('crane velvet')), 'a room has 6 words, this has 2')
  assert.ok(wordsSentence(readWords('x'.repeat(1 << 20))).length < 100)
})

test('a prompt hears at once which word is wrong', () => {
  for (const [typed, known] of [['', 0], ['cra', 0], ['cran', 1], ['crane ', 1], ['crane-velvet o', 2]]) {
    assert.deepEqual(checkWords(typed), { known }, typed)
  }
  assert.equal(checkWords('crane qx').position, 1)
  assert.equal(checkWords('cra velvet').position, 0)
  assert.equal(checkWords('crane cra ').position, 1)
  assert.deepEqual(complete('ORB'), ['orbit'])
})

test('words are drawn of random bytes, of which 66 bits count', () => {
  assert.equal(wordsOf(new Uint8Array(9)), Array(6).fill('abandon').join('-'))
  assert.equal(wordsOf(new Uint8Array(9).fill(255)), Array(6).fill('zoo').join('-'))
  const drawn = wordsOf(Uint8Array.from({ length: 9 }, (_, at) => at * 29))
  assert.deepEqual(readWords(drawn), { words: drawn })
})

test('keys are derived of words', async () => {
  for (const { words, master, room, signal_key: signal } of vectors.keys) {
    assert.equal(hex(await masterOf(words)), master)
    const keys = keysOf(bytes(master))
    assert.deepEqual([keys.room, hex(keys.signal)], [room, signal])
  }
})

test('identities sign, and are known by their fingerprints', () => {
  for (const vector of vectors.identities) {
    const identity = identityOf(bytes(vector.secret))
    assert.equal(hex(identity.key), vector.public)
    assert.equal(fingerprint(identity.key), vector.fingerprint)
    const message = bytes(vector.message)
    assert.equal(hex(sign(identity, message)), vector.signature)
    assert.ok(verify(identity.key, message, bytes(vector.signature)))
    assert.ok(!verify(identity.key, Uint8Array.of(9), bytes(vector.signature)))
  }
  for (const key of vectors.refused_keys) assert.ok(!isKey(bytes(key)), key)
})

test('questions are answered for who asks', () => {
  for (const { question, asker, answer } of vectors.answers) {
    assert.equal(hex(answerTo(bytes(question), bytes(asker))), answer)
  }
})

test('every message is sealed byte by byte', () => {
  for (const it of vectors.sealings) {
    const [way, identity] = [{ from: it.from, to: it.to }, identityOf(bytes(it.secret))]
    const nonce = bytes(it.nonce)
    const isHello = it.kind === 'hello'
    const place = isHello ? null : { from: nonce, to: bytes(it.to_nonce), counter: it.counter }
    const bound = isHello
      ? binding.helloBinding(it.room, way)
      : binding.signalBinding(it.room, way, place, identity.key, bytes(it.to_public))
    const answer = it.answer ? bytes(it.answer) : null
    const body = isHello
      ? writeHello({ nonce, key: identity.key, question: bytes(it.question), answer, name: it.called })
      : utf8(it.signal)
    assert.equal(hex(bound), it.binding, it.name)
    assert.equal(hex(body), it.body, it.name)
    const sealed = binding.seal(bytes(it.signal_key), identity, bound, bytes(it.xnonce), body)
    assert.equal(writeEnvelope({ kind: isHello ? HELLO : SIGNAL, place, ...sealed }), it.payload, it.name)
  }
})

for (const { name, receiver, payload, outcome } of vectors.openings) {
  test(`opening: ${name}`, () => {
    const keys = { room: receiver.room, signal: bytes(receiver.signal_key) }
    const member = { keys, identity: identityOf(bytes(receiver.secret)), name: '' }
    const session = receiver.session && {
      ...receiver.session, nonce: bytes(receiver.session.nonce), key: bytes(receiver.session.public),
    }
    const state = { nonce: bytes(receiver.nonce), question: bytes(receiver.question), session }
    const seal = Seal.resumed(member, receiver.local, receiver.remote, state)
    assert.deepEqual(outcomeOf(() => seal.open(payload)), outcome)
  })
}

function outcomeOf(open) {
  let opened
  try {
    opened = open()
  } catch (error) {
    return { error: error.kind }
  }
  if (opened.opened === 'ignored') return 'ignored'
  if (opened.opened === 'signal') return { signal: opened.signal }
  return { [opened.opened]: { name: opened.name, public: hex(opened.key) } }
}

/** Two that share a room's words; `false` is the one that comes. */
function pair() {
  const keys = keysOf(new Uint8Array(32).fill(7))
  const seal = (number) => {
    const member = { keys, identity: identityOf(new Uint8Array(32).fill(number)), name: `peer ${number}` }
    return new Seal(member, number, 3 - number, new Uint8Array(32).fill(number + 10))
  }
  return [seal(1), seal(2)]
}

test('who comes may offer at once, and both are proven', () => {
  const [comes, is] = pair()
  const [first, second] = [comes.pollHello(), is.pollHello()]
  assert.equal(comes.open(second).opened, 'claimed')
  assert.equal(is.open(first).opened, 'claimed')
  assert.equal(comes.seal('offer'), null, 'a hello is owed, and goes first')
  const answering = comes.pollHello()
  const offer = comes.seal('offer')
  assert.equal(is.open(answering).opened, 'proven')
  assert.deepEqual(is.open(offer), { opened: 'signal', signal: 'offer' })
  assert.equal(comes.open(is.pollHello()).opened, 'proven')
  assert.deepEqual(comes.open(is.seal('answer')), { opened: 'signal', signal: 'answer' })
  assert.throws(() => is.open(offer), { kind: 'replayed' })
})

test('who begins anew is answered, and takes over once it has proven to be here', () => {
  const [one, other] = pair()
  for (let round = 0; round < 3; round++) {
    for (const [from, to] of [[one, other], [other, one]]) {
      const hello = from.pollHello()
      if (hello) to.open(hello)
    }
  }
  const member = { keys: keysOf(new Uint8Array(32).fill(7)), identity: identityOf(new Uint8Array(32).fill(1)), name: '' }
  const again = new Seal(member, 1, 2, new Uint8Array(32).fill(99))
  assert.equal(other.open(again.pollHello()).opened, 'ignored')
  assert.equal(again.open(other.pollHello()).opened, 'proven', 'it answers what was asked a moment ago')
  assert.equal(other.open(again.pollHello()).opened, 'begun')
  assert.equal(other.open(again.seal('offer')).signal, 'offer')
})

test('a peer is known again, also under another name, and noticed when its key changes', () => {
  const known = new KnownPeers()
  const [ann, bob, eve] = ['a', 'b', 'e'].map((digit) => digit.repeat(64))
  assert.deepEqual(known.meet('Ann', ann), { met: 'new' })
  assert.deepEqual(known.meet('ann', ann), { met: 'renamed', before: 'Ann', trusted: false })
  assert.deepEqual(known.meet('Bob', bob), { met: 'new' })
  assert.deepEqual(known.meet('ANN', eve), { met: 'changed', before: ann, trusted: false })
  known.trust('Ann', ann)
  const again = KnownPeers.parse(known.write())
  assert.deepEqual(again.meet('Ann', ann), { met: 'known', trusted: true })
  assert.deepEqual(again.meet('Ann', eve), { met: 'changed', before: ann, trusted: true })
  again.trust('Ann', eve)
  assert.deepEqual(again.meet('Ann', eve), { met: 'known', trusted: true })
  assert.deepEqual(KnownPeers.parse('no list').meet('', bob), { met: 'new' })
})

test('base64url has one form for any bytes', () => {
  for (let length = 0; length < 70; length++) {
    const drawn = Uint8Array.from({ length }, (_, at) => (at * 89 + length * 7) % 256)
    assert.equal(base64url(drawn), Buffer.from(drawn).toString('base64url'))
    assert.deepEqual(fromBase64url(base64url(drawn)), drawn)
  }
})
