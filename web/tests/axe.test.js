// The tool that looks for what keeps people out of the page is the one that was looked at, letter by letter.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'

const folder = new URL('browser/axe/', import.meta.url)
const read = (file) => readFileSync(new URL(file, folder))
const { name, version, license, integrity, files } = JSON.parse(read('axe.json'))

test('every file of it has its digest, and none is beside them', () => {
  for (const { file, sha256 } of files) {
    assert.equal(createHash('sha256').update(read(file)).digest('hex'), sha256, file)
  }
  const made = ['axe.json', 'make', 'package-lock.json', 'package.json']
  assert.deepEqual(readdirSync(folder).sort(), [...files.map((it) => it.file), ...made].sort())
})

test('it is pinned by version and digest, and its licence lies beside it', () => {
  const locked = JSON.parse(read('package-lock.json')).packages[`node_modules/${name}`]
  assert.deepEqual([locked.version, locked.integrity], [version, integrity])
  assert.ok(read('axe.min.js').toString().includes(`axe v${version}`))
  assert.equal(license, 'MPL-2.0')
  assert.match(read('LICENSE').toString(), /Mozilla Public License/)
})
