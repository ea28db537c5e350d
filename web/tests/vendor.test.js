// The vendored packages are those that were looked at, letter by letter.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'

const folder = new URL('../vendor/', import.meta.url)
const read = (file) => readFileSync(new URL(file, folder))
const { packages, files } = JSON.parse(read('vendor.json'))

test('every vendored file has its digest, and none is beside them', () => {
  for (const { file, sha256 } of files) {
    assert.equal(createHash('sha256').update(read(file)).digest('hex'), sha256, file)
  }
  const made = ['entry.js', 'make', 'package-lock.json', 'package.json', 'vendor.json']
  assert.deepEqual(readdirSync(folder).sort(), [...files.map((it) => it.file), ...made].sort())
})

test('every package is pinned by version and digest, and its licence lies beside it', () => {
  const locked = JSON.parse(read('package-lock.json')).packages
  for (const { name, version, license, integrity, text } of packages) {
    assert.equal(locked[`node_modules/${name}`].version, version)
    assert.equal(locked[`node_modules/${name}`].integrity, integrity)
    assert.equal(license, 'MIT')
    assert.match(read(text).toString(), /The MIT License/)
  }
})
