// A picture that says it is larger than any camera makes is not decoded.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { dimensionsIn, isDecodable } from '../dimensions.js'

const corpus = new URL('../../tests/fuzz/corpus/pictures/', import.meta.url)
const picture = (name) => new Uint8Array(readFileSync(new URL(name, corpus)))

test('the pictures that Rust is fuzzed with say how large they are', () => {
  const all = ['animated.gif', 'animated.webp', 'baseline.jpg', 'cmyk.jpg', 'deep_gray.png', 'plain.bmp', 'plain.gif',
    'plain.png', 'plain.webp', 'progressive.jpg', 'telling.jpg', 'telling.png', 'telling.webp']
  for (const name of all) {
    const found = dimensionsIn(picture(name))
    assert.ok(found.width > 0 && found.width < 200 && found.height > 0 && found.height < 200, `${name} ${JSON.stringify(found)}`)
  }
})

test('a bomb is none to decode', () => {
  const bomb = picture('plain.png').slice()
  new DataView(bomb.buffer).setUint32(16, 60_000)
  new DataView(bomb.buffer).setUint32(20, 60_000)
  assert.ok(!isDecodable(bomb))
  assert.ok(isDecodable(picture('plain.png')))
  assert.ok(isDecodable(new Uint8Array(0)))
})

test('no bytes break it', () => {
  let state = 9
  const draw = (below) => (state = (state * 48271) % 2147483647) % below
  for (const name of ['baseline.jpg', 'plain.webp', 'plain.png', 'plain.gif', 'plain.bmp']) {
    for (let round = 0; round < 500; round++) {
      const bytes = picture(name).slice(0, draw(60))
      for (let at = 0; at < 3 && bytes.length > 4; at++) bytes[4 + draw(bytes.length - 4)] = draw(256)
      dimensionsIn(bytes)
    }
  }
})
