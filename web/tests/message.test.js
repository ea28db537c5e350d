// Every message between two peers as text and as a value: terminals depend on each letter.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromHex, hex, utf8 } from '../bytes.js'
import { FILE_NAME_BYTES_MAX, MEDIA_TYPE_BYTES_MAX, NAME_GRAPHEMES_MAX } from '../text.js'
import * as message from '../transfer/message.js'
import { markOf, markPieces } from '../transfer/mark.js'
import { golden, goldenFiles, goldenJson } from './golden.js'

test('every message is written as its golden file and read back', () => {
  const files = goldenFiles('message_')
  assert.ok(files.length >= 12)
  for (const file of files) assert.equal(message.writeMessage(message.parseMessage(golden(file))), golden(file), file)
})

test('the reasons and the numbers of the format are those of their golden files', () => {
  assert.deepEqual(message.REASONS, goldenJson('reasons.json'))
  const numbers = goldenJson('numbers.json')
  const { chunk_bytes: chunkBytes, window_bytes: windowBytes, transfers } = numbers.limits
  assert.deepEqual(message.PAGE_LIMITS, { chunkBytes, windowBytes, transfers, connections: 1 })
  assert.deepEqual(
    [message.VERSION, message.CONTROL_BYTES_MAX, message.CHUNK_BYTES_MAX, message.CHUNK_HEADER_BYTES,
      message.CHUNK_DATA_BYTES_MAX, FILE_NAME_BYTES_MAX, NAME_GRAPHEMES_MAX, MEDIA_TYPE_BYTES_MAX],
    [numbers.version, numbers.control_bytes_max, numbers.chunk_bytes_max, numbers.chunk_header_bytes,
      numbers.chunk_data_bytes_max, numbers.file_name_bytes_max, numbers.name_graphemes_max, numbers.media_type_bytes_max])
})

test('every chunk is encoded as its golden file and decoded again', () => {
  const chunks = [
    ['chunk.hex', 0x01020304, 0x05060708090a0b0cn, utf8('peersnap')],
    ['chunk_first.hex', 0, 0n, Uint8Array.of(255)],
  ]
  for (const [file, transfer, offset, data] of chunks) {
    assert.equal(hex(message.encodeChunk({ transfer, offset, data })), golden(file))
    const text = golden(file)
    assert.deepEqual(message.decodeChunk(fromHex(text, text.length / 2)), { transfer, offset: Number(offset), data })
  }
  for (const length of [0, 1, message.CHUNK_HEADER_BYTES, message.CHUNK_BYTES_MAX + 1]) {
    assert.equal(message.decodeChunk(new Uint8Array(length)), null, `${length} bytes`)
  }
})

test('fields come in any order, unknown ones are passed over, names are cleaned', () => {
  const text = '{"later":[1],"size":5,"name":"../a\\u202e.jpg","media_type":"image/jpeg","transfer":3,"type":"propose"}'
  const { proposal, mark } = message.parseMessage(text)
  assert.deepEqual([proposal.name, proposal.size, proposal.executable, mark], ['a.jpg', 5, false, null])
  const hello = '{"type":"hello","version":1,"session":0,"limits":{"chunk_bytes":1,"window_bytes":1,"transfers":1}}'
  assert.equal(message.parseMessage(hello).limits.connections, 1, 'of who does not say')
})

test('a text that is no message is none', () => {
  const none = [
    '', 'null', '[]', '{}', '{"type":"later"}', '{"type":"accept","transfer":0}',
    '{"type":"accept","transfer":-1,"offset":0}', '{"type":"accept","transfer":4294967296,"offset":0}',
    '{"type":"accept","transfer":0,"offset":1.5}', '{"type":"decline","transfer":0,"reason":"mood"}',
    '{"type":"digest","transfer":0,"digest":"00"}', '{"type":"confirm","transfer":0,"digest":"zz"}',
    '{"type":"propose","transfer":0,"name":"a","media_type":"picture","size":1}',
    '{"type":"propose","transfer":0,"name":"a","media_type":"image/png","size":-1}',
    '{"type":"propose","transfer":0,"name":"a","media_type":"image/png","size":9007199254740992}',
    '{"type":"propose","transfer":0,"name":"a","media_type":"image/png","size":1,"dimensions":[1]}',
    '{"type":"hello","version":1}', '{"type":"hello","version":1,"session":1,"limits":{}}',
    '{"type":"rest","transfer":0,"resting":1}', '{"type":"tally","mine":{"sent":-1,"lost":0}}',
    '{"type":"tally","yours":{"sent":1}}', '{"type":"tally","yours":{"sent":1,"lost":2}}', '{"type":"tally","mine":7}',
  ]
  for (const text of none) assert.equal(message.parseMessage(text), null, text)
})

test('a file has a mark if it is worth keeping a part of', () => {
  assert.deepEqual(markPieces(1024 * 1024 - 1), [])
  assert.equal(markOf(5, []), null)
  const size = 2 * 1024 * 1024 + 7
  const bytes = Uint8Array.from({ length: size }, (_, at) => at / 7)
  const pieces = markPieces(size).map(({ offset, length }) => bytes.slice(offset, offset + length))
  assert.match(markOf(size, pieces), /^[0-9a-f]{64}$/)
})
