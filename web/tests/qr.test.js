// The code that a phone's camera reads: of these, cameras and another encoder were asked beforehand.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { qrCode } from '../qr.js'

test('a room link is a code of the smallest size that holds it', () => {
  const codes = [
    ['http://192.168.1.20:8765/#crane-velvet-orbit-ladder-energy-quick', 37,
      '54d3d382410dca0154e528174a706c5875020c3992c40f70f2d39829e5ff6376'],
    [`https://photos.example.org/#${'abandon-'.repeat(16)}`, 53,
      '7284dfd552e80aba07353ca093a57b148c2adf844c5cd76fd36301d4e853d7d9'],
  ]
  for (const [text, size, digest] of codes) {
    const code = qrCode(text)
    const rows = code.map((row) => row.map(Number).join('')).join('\n')
    assert.equal(createHash('sha256').update(rows).digest('hex'), digest, `${code.length}\n${rows}`)
    assert.equal(code.length, size)
  }
})

test('what is too long for a camera is none', () => {
  assert.equal(qrCode('x'.repeat(213)).length, 57)
  assert.equal(qrCode('x'.repeat(214)), null)
})
