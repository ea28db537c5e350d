// A photo that is sent tells how it is turned, and neither where nor when nor with what it was taken.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concat, utf8 } from '../bytes.js'
import { withoutTraces } from '../pictures.js'

const segment = (marker, ...parts) => {
  const body = concat(...parts)
  return concat(Uint8Array.of(0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255), body)
}
const [SOI, EOI] = [Uint8Array.of(0xff, 0xd8), Uint8Array.of(0xff, 0xd9)]
const jfif = segment(0xe0, utf8('JFIF\0'), Uint8Array.of(1, 1, 0, 0, 1, 0, 1, 0, 0))
const icc = segment(0xe2, utf8('ICC_PROFILE\0'), Uint8Array.of(1, 1, 7))
const tables = segment(0xdb, new Uint8Array(65))
const scan = concat(segment(0xda, Uint8Array.of(1, 1, 0, 0, 63, 0)), Uint8Array.of(1, 2, 0xff, 0, 3, 0xff, 0xd3, 4))

function exif(orientation, isLittle) {
  const tiff = new DataView(new ArrayBuffer(8 + 2 + 24 + 4 + 20))
  const at = (method, ...args) => tiff[method](...args, isLittle)
  at('setUint16', 0, isLittle ? 0x4949 : 0x4d4d)
  at('setUint16', 2, 42)
  at('setUint32', 4, 8)
  at('setUint16', 8, 2)
  at('setUint16', 10, 0x8825)
  at('setUint16', 22, 0x0112)
  at('setUint16', 24, 3)
  at('setUint32', 26, 1)
  at('setUint16', 30, orientation)
  return segment(0xe1, utf8('Exif\0\0'), new Uint8Array(tiff.buffer), utf8('GPS 52.5N 13.4E'))
}

const whole = (...segments) => concat(SOI, ...segments, tables, scan, EOI)
const text = (bytes) => Buffer.from(bytes).toString('latin1')

test('where and when it was taken goes, how it is turned stays', () => {
  for (const isLittle of [true, false]) {
    const telling = whole(jfif, exif(6, isLittle), segment(0xe1, utf8('http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>')), icc,
      segment(0xed, utf8('Photoshop 3.0')), segment(0xfe, utf8('a comment')), segment(0xe2, utf8('MPF\0')))
    const clean = withoutTraces(concat(telling, whole(exif(1, false))))
    assert.doesNotMatch(text(clean), /GPS|xmpmeta|Photoshop|comment|MPF/)
    assert.match(text(clean), /JFIF\0.*ICC_PROFILE/s)
    const turned = withoutTraces(clean)
    assert.deepEqual(turned, clean, 'cleaning what is clean changes nothing')
    const at = text(clean).indexOf('Exif\0\0MM\0*')
    assert.equal(clean[at + 6 + 8 + 2 + 9], 6)
    assert.deepEqual(clean.subarray(-2), EOI, 'and nothing behind it')
  }
})

test('what is upright needs no word of it', () => {
  assert.deepEqual(withoutTraces(whole(jfif, exif(1, true))), whole(jfif))
})

test('what is no JPEG, or is cut off, stays as it is', () => {
  const photo = whole(jfif, exif(6, true))
  for (const bytes of [new Uint8Array(0), utf8('\x89PNG'), photo.subarray(0, 30), Uint8Array.of(0xff, 0xd8, 0xff, 0xe1, 0, 0)]) {
    assert.equal(withoutTraces(bytes), bytes)
  }
})

test('no bytes break it', () => {
  let state = 3
  const draw = (below) => (state = (state * 48271) % 2147483647) % below
  const photo = whole(jfif, exif(6, true), icc)
  for (let round = 0; round < 5000; round++) {
    const broken = photo.slice(0, draw(photo.length))
    for (let at = 0; at < 4 && broken.length > 0; at++) broken[draw(broken.length)] = draw(256)
    assert.ok(withoutTraces(broken).length <= broken.length + 36)
  }
})
