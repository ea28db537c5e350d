// Where nothing but the web gets through: people whose browsers find no way to anybody, and meet through the
// server.
//
// Run with `node --test web/tests/browser/walls.js`.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { here, reached } from './scenes.js'
import { PNG, file, story, world } from './story.js'
import { readDigest } from './world.js'

async function annAndBob() {
  const ann = await world.browser({ name: 'Ann', isWalled: true })
  const bob = await world.browser({ name: 'Bob', isWalled: true })
  await here(ann, 'Bob')
  await here(bob, 'Ann')
  return [ann, bob]
}

story('a phone and a terminal hand each other photos through the server', async () => {
  const phone = await world.browser({ name: 'phone', isSecure: false, isWalled: true })
  const terminal = world.terminal('receive', '--out', join(world.folder, 'photos'), '--once', '--print-path')
  await here(phone, 'terminal')
  await reached(phone, 'via server')
  await phone.type('#capture', await file('image.png', PNG))
  await phone.click('#send')
  assert.equal(await terminal.done(), 0, terminal.text)
  assert.deepEqual(await readFile(terminal.text.trim().split('\n').pop()), PNG)
  await phone.see('✓ terminal')
  const sending = world.terminal('send', await file('rack.png', PNG))
  await phone.until('return document.querySelector("#trail a[download=\'rack.png\']")', 'the picture', 30_000)
  assert.equal(await sending.done(), 0, sending.text)
  assert.deepEqual(await readFile(await phone.download('#trail a[download="rack.png"]')), PNG)
  await phone.close()
})

story('a large file goes through the server whole, also where that is lost meanwhile', async () => {
  const [ann, bob] = await annAndBob()
  await reached(ann, 'via server')
  await reached(bob, 'via server')
  const large = await file('large.bin', randomBytes(24 * 1024 * 1024))
  await ann.type('#files', large)
  await bob.see('take it?')
  await bob.click('#incoming .primary')
  await bob.until('return document.querySelector("#incoming progress").value > 0.1', 'a tenth of it')
  world.page.cut()
  await ann.see('lost the server: trying again, transfers through it wait')
  await ann.click('#who-open')
  await ann.see('not reached, trying again')
  world.page.mend()
  await ann.see('✓ Bob', 120_000)
  assert.equal(await readDigest(await bob.download('#trail a[download="large.bin"]')), await readDigest(large))
  await ann.close()
  await bob.close()
})

story('a wall that falls is noticed, and the server is used no more', async () => {
  const [ann, bob] = await annAndBob()
  await reached(ann, 'via server')
  for (const page of [ann, bob]) await page.run('window.isWalled = false')
  for (const page of [ann, bob]) await reached(page, 'direct', 60_000)
  world.page.cut()
  await ann.choose('#photo', { name: 'a.png', type: 'image/png', size: 100 })
  await ann.click('#send')
  await ann.see('✓ Bob')
  await ann.close()
  await bob.close()
})

story('who leaves is gone at once, and who comes back is met again', async () => {
  const [ann, bob] = await annAndBob()
  await ann.click('#who-open')
  await ann.click('#leave')
  await bob.see('Ann left')
  await ann.type('#words', world.link)
  await ann.click('#ask button[type=submit]')
  await here(bob, 'Ann')
  await bob.reload()
  await here(ann, 'Bob')
  await here(bob, 'Ann')
  await ann.choose('#photo', { name: 'a.png', type: 'image/png', size: 100 })
  await ann.click('#send')
  await bob.see('a.png')
  await ann.close()
  await bob.close()
})
