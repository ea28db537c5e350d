// Whatever a peer calls itself or its files, the page shows a bounded line of it and no more.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pinIn, roomLink, typedIn, typedWords, websocketUrl } from '../link.js'
import { fileName, mediaType, safeText } from '../text.js'
import { golden, goldenJson } from './golden.js'

const numbers = goldenJson('numbers.json')
const NOT_SHOWN = /[\p{Cc}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufeff\u200b]/u
const PARTS = [
  'a', 'e', '-', '.', ' ', '/', '\\', '*', ':', 'con', 'COM', '\u00b9', '.jpg', '\x1b', '[', ']', 'm', '\x07',
  '\x9b', '\x9c', '\x90', '\n', '\x18', '\u0301', '\u0316', '\u0338', '\u034f', '\u00ad', '\u202e', '\u2028',
  '\u3000', '\u200b', '\u200d', '\ufe0f', '\u20e3', '\u{e0041}', '👩', '🚀', '❤', '🏽', '🇩', '写', '\u1100',
  '\u1161', '\u0915', '\u094d', '\u{10eeee}', '\u3164', '\u0378', '\ud800', '\ufffd',
]

function check(text) {
  const name = safeText(text)
  assert.equal(safeText(name), name, 'cleaning what is clean changes nothing')
  assert.doesNotMatch(name, NOT_SHOWN)
  assert.doesNotMatch(name, /^ | $| {2}/)
  const graphemes = Array.from(new Intl.Segmenter('en').segment(name))
  assert.ok(graphemes.length <= numbers.name_graphemes_max)
  const file = fileName(text)
  assert.equal(fileName(file), file)
  assert.doesNotMatch(file, NOT_SHOWN)
  assert.doesNotMatch(file, /[/\\<>:"|?*]|^[ .-]|[ .]$|^$/)
  assert.ok(Buffer.byteLength(file) <= numbers.file_name_bytes_max, file)
}

test('no hostile text gets through', () => {
  const hostile = JSON.parse(golden('hostile_text.json'))
  assert.ok(hostile.length >= 60)
  for (const { what, text } of hostile) assert.doesNotThrow(() => check(text), what)
})

test('any text of awkward parts is cleaned once', () => {
  let state = 7
  const draw = (below) => (state = (state * 48271) % 2147483647) % below
  for (let round = 0; round < 3000; round++) {
    const part = () => PARTS[draw(PARTS.length)].repeat(1 + draw(3))
    const text = Array.from({ length: draw(60) }, part).join('')
    assert.doesNotThrow(() => check(text), JSON.stringify(text))
  }
})

test('an escape sequence goes whole, and what people write stays', () => {
  const cases = [
    ['\x1b]52;c;cGFzdGU=\x07Ann', 'Ann'],
    ['\x1b]8;;http://a/\x1b\\Ann\x1b]8;;\x1b\\', 'Ann'],
    ['\x1b[31mred\x1b[0m', 'red'],
    ['\x9b2Jx', 'x'],
    ['\x1b]0;never ended', ''],
    ['a\u202eb\nc', 'abc'],
    ['  a \u3000 b ', 'a b'],
    ['e\u0301', '\u00e9'],
    ['a\u0316\u0317\u0318b', 'a\u0316\u0317b'],
    ['  Zoë 写真 👩\u200d🚀 ', 'Zoë 写真 👩\u200d🚀'],
    ['a\u200db', 'ab'],
    ['<b>Bob</b>', '<b>Bob</b>'],
  ]
  for (const [from, clean] of cases) assert.equal(safeText(from), clean)
  assert.equal(safeText('x'.repeat(10_000)).length, numbers.name_graphemes_max)
})

test('a file name stays in its folder, and is one on every file system', () => {
  const cases = [
    ['../../etc/passwd', 'passwd'], ['..\\boot.ini', 'boot.ini'], ['C:a.jpg', 'C_a.jpg'], ['..', 'unnamed'],
    ['', 'unnamed'], ['<>"|*.txt', '_____.txt'], ['.ssh', 'ssh'], ['photo.jpg. . ', 'photo.jpg'],
    ['NUL', '_NUL'], ['con.txt', '_con.txt'], ['console', 'console'], ['-rf', '_-rf'], ['a-b', 'a-b'],
  ]
  for (const [from, portable] of cases) assert.equal(fileName(from), portable)
  const long = fileName('写'.repeat(5000) + '.jpeg')
  assert.ok(long.endsWith('写.jpeg') && Buffer.byteLength(long) <= 200)
})

test('media types are two names', () => {
  assert.equal(mediaType('image/svg+xml'), 'image/svg+xml')
  for (const text of ['picture', 'a/b/c', '/', 'image/', 'text/html; x', null, 7]) assert.equal(mediaType(text), null)
})

test('words are taken from a link, however it was pasted', () => {
  assert.equal(typedIn('#crane-velvet'), 'crane-velvet')
  assert.equal(typedIn('#crane%20velvet'), 'crane velvet')
  assert.equal(typedIn('#%'), '%')
  assert.equal(typedWords('http://192.0.2.7:8765/#crane-velvet'), 'crane-velvet')
  assert.equal(typedWords(' crane velvet '), 'crane velvet')
  const websocket = websocketUrl({ protocol: 'https:', host: 'a.example' }, 'x_y')
  assert.equal(websocket, 'wss://a.example/signaling?shard=x_')
})

test('the key of a server stands behind the words, is no word, and is handed on', () => {
  const pin = 'ungWv48Bz-pBQUDeXa4iIw'
  const hash = `#crane-velvet.${pin}`
  assert.equal(typedIn(hash), 'crane-velvet')
  assert.equal(pinIn(hash), pin)
  assert.equal(typedWords(`https://192.0.2.7:8765/${hash}`), 'crane-velvet')
  assert.equal(roomLink('https://192.0.2.7:8765', 'crane-velvet', pin), `https://192.0.2.7:8765/${hash}`)
  assert.equal(roomLink('http://a', 'crane-velvet', null), 'http://a/#crane-velvet')
  assert.equal(typedIn(`#.${pin}`), '')
  for (const none of ['', '#', '#crane-velvet', '#crane.velvet', `#crane.${pin}w`, `#crane.${pin.slice(1)}`]) assert.equal(pinIn(none), null, none)
})
