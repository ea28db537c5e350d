// Folders: what is told of one, what is refused, and the zip file that a browser makes of it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { concat, fromHex, hex, utf8 } from '../bytes.js'
import { zipOf } from '../io/folders.js'
import { entryName, headBytes, parseManifest, writeManifest } from '../transfer/manifest.js'
import { crc32 } from '../zip.js'
import { golden, goldenFiles } from './golden.js'

const ENTRIES = [
  { path: 'run.sh', size: 3, modified: 1_700_000_000, executable: true },
  { path: 'empty', size: null },
  { path: 'docs/a.txt', size: 12, modified: 1_700_000_000 },
]
const HEAD = '0000008a7b2270617468223a22646f63732f612e747874222c2273697a65223a31322c226d6f646966696564223a313730303030' +
  '303030307d0a7b2270617468223a22656d707479227d0a7b2270617468223a2272756e2e7368222c2273697a65223a332c226d6f6469666965' +
  '64223a313730303030303030302c2265786563757461626c65223a747275657d0a'

function headOf(text) {
  const bytes = utf8(text)
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, bytes.length)
  return concat(length, bytes)
}

test('what a head looks like is a promise', () => {
  for (const text of [HEAD, ...goldenFiles('folder_head').map(golden)]) {
    const { head } = writeManifest(ENTRIES)
    assert.equal(hex(head), text)
    const { entries, size, files } = parseManifest(fromHex(text, text.length / 2))
    assert.deepEqual([size, files], [head.length + 15, 2])
    assert.deepEqual(entries.map(({ path, offset }) => [path, offset - head.length]), [['docs/a.txt', 0], ['empty', 12], ['run.sh', 12]])
  }
  assert.deepEqual(parseManifest(new Uint8Array(4)), { entries: [], size: 4, files: 0 })
})

test('entries stand in the order of their names, folder by folder', () => {
  const paths = ['a b', 'a/z', 'a.c', 'é', 'z', '\u{1f98a}', '\uffee']
  const { entries } = writeManifest(paths.map((path) => ({ path, size: 0 })))
  assert.deepEqual(entries.map((it) => it.path), ['a/z', 'a b', 'a.c', 'z', 'é', '\uffee', '\u{1f98a}'])
})

test('no name leads out of the folder, and none comes twice', () => {
  for (const path of ['..', '.', '', '/a', 'a/', 'a//b', 'a/../b', '../a', 'x/'.repeat(40) + 'x', 'x'.repeat(1025)]) {
    assert.equal(parseManifest(headOf(`${JSON.stringify({ path, size: 1 })}\n`)), null, path)
  }
  const both = (one, other) => parseManifest(headOf(`{"path":"${one}","size":1}\n{"path":"${other}","size":1}\n`))
  assert.equal(both('a', 'a'), null)
  assert.equal(both('a', 'a/b'), null)
  assert.equal(both('a/b', 'a'), null)
  assert.equal(both('a?', 'a*'), null, 'two names that would be one')
  assert.equal(parseManifest(headOf('{"path":"C:\\\\x","size":1}\n')).entries[0].path, 'C__x')
  assert.equal(entryName('..data'), '.data')
  assert.equal(entryName('.gitignore'), '.gitignore')
})

test('what is no head is none', () => {
  for (const text of ['{"path":"a","size":1}', 'x\n', 'null\n', '{"path":"a","size":-1}\n', '{"path":"a","size":1.5}\n',
    '{"path":"a","executable":1}\n', `{"path":"a","size":${2 ** 53 - 1}}\n`.repeat(1), '\n']) {
    assert.equal(parseManifest(headOf(text)), null, text)
  }
  assert.equal(headBytes(Uint8Array.of(0xff, 0xff, 0xff, 0xff)), null)
  assert.equal(headBytes(new Uint8Array(3)), null)
})

test('a folder becomes a zip file that others read', async (context) => {
  assert.equal(crc32(utf8('123456789')), 0xcbf43926)
  assert.equal(crc32(utf8('6789'), crc32(utf8('12345'))), 0xcbf43926)
  const stream = new Blob([writeManifest(ENTRIES).head, 'hello, world', 'ls\n'])
  const zip = new Uint8Array(await (await zipOf(stream, 2)).arrayBuffer())
  await assert.rejects(zipOf(stream, 3))
  if (spawnSync('python3', ['-c', 'import zipfile']).status !== 0) return context.skip('no python3 to read it with')
  const folder = mkdtempSync(join(tmpdir(), 'peersnap-zip-'))
  writeFileSync(join(folder, 'a.zip'), zip)
  const read = spawnSync('python3', ['-c', `import zipfile; z = zipfile.ZipFile('a.zip'); assert z.testzip() is None; z.extractall()`], { cwd: folder })
  assert.equal(read.status, 0, read.stderr.toString())
  assert.equal(readFileSync(join(folder, 'docs/a.txt'), 'utf8'), 'hello, world')
  assert.equal(readFileSync(join(folder, 'run.sh'), 'utf8'), 'ls\n')
  assert.ok(statSync(join(folder, 'empty')).isDirectory())
  rmSync(folder, { recursive: true })
})
