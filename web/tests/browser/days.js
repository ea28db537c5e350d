// Bad days: what people are told, and that nothing is lost, when the world around the page fails.
//
// Run with `node --test web/tests/browser/days.js`.
import assert from 'node:assert/strict'
import { here, readSlowly } from './scenes.js'
import { story, world } from './story.js'
import { digestOf, readDigest } from './world.js'

const MB = 1024 * 1024

async function annAndBob(options = {}) {
  const ann = await world.browser({ name: 'Ann', ...options })
  const bob = await world.browser({ name: 'Bob' })
  await here(ann, 'Bob')
  await here(bob, 'Ann')
  return [ann, bob]
}

const notice = (page, text) => page.until(
  `return document.querySelector('#notices').textContent.includes(${JSON.stringify(text)})`, `told: ${text}`, 60_000)

/** Chooses a file of so many megabytes, which are all the same. */
const chooseLarge = (page, name, megabytes) => page.run(`
  const piece = new Uint8Array(${MB}).fill(7)
  const data = new DataTransfer()
  data.items.add(new File(Array(args[1]).fill(piece), args[0], { type: 'application/x-large' }))
  const input = document.querySelector('#files')
  input.files = data.files
  input.dispatchEvent(new Event('change'))`, name, megabytes)

const progress = (page, over) => page.until(
  `return document.querySelector('#incoming progress')?.checkVisibility() && document.querySelector('#incoming progress').value > ${over}`,
  `more than ${over} of it`, 60_000)

/** The server ends, and another is there at once, which knows of nothing. */
async function restart() {
  const { port } = world.signaling
  await world.signaling.end()
  world.signaling = await world.startSignaling(port)
}

story('the server is started anew while all is quiet: both come back, and meet once', async () => {
  const [ann, bob] = await annAndBob()
  await restart()
  await notice(ann, 'back in the room')
  await here(ann, 'Bob')
  await here(bob, 'Ann')
  assert.equal(await ann.run('return document.querySelectorAll("#peers li").length'), 1)
  await ann.choose('#photo', { name: 'a.png', type: 'image/png', size: 100 })
  await ann.click('#send')
  await ann.see('✓ Bob')
  await ann.close()
  await bob.close()
})

story('the server is started anew while a file is on its way: it arrives whole', async () => {
  const [ann, bob] = await annAndBob()
  await readSlowly(bob, 150)
  await chooseLarge(bob, 'film.bin', 40)
  await ann.see('take it?')
  await ann.click('#incoming .primary')
  await progress(ann, 0.1)
  await restart()
  await notice(ann, 'film.bin from Bob')
  assert.equal(await readDigest(await ann.download('#trail a[download="film.bin"]')), digestOf(Buffer.alloc(40 * MB, 7)))
  await ann.close()
  await bob.close()
})

story('without a network, it is said so; with one again, all goes on at once', async () => {
  const [ann, bob] = await annAndBob()
  const network = (offline) => ann.cdp('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 })
  await ann.cdp('Network.enable', {})
  await network(true)
  world.page.cut()
  await ann.see('lost the server: trying again, transfers go on')
  await ann.choose('#files', { name: 'note.txt', type: 'text/plain', size: 300 })
  world.page.mend()
  await network(false)
  await notice(ann, 'back in the room')
  await bob.see('take it?')
  await bob.click('#incoming .primary')
  await ann.see('✓ Bob')
  await ann.close()
  await bob.close()
})

story('the storage is full: both are told, and what came is kept for another time', async () => {
  const [ann, bob] = await annAndBob()
  const origin = new URL(world.link).origin
  await ann.cdp('Storage.overrideQuotaForOrigin', { origin, quotaSize: 60 * MB })
  await chooseLarge(bob, 'film.bin', 240)
  await ann.see('take it?')
  await ann.click('#incoming .primary')
  await notice(ann, 'film.bin could not be kept: free some space on this device, then have it sent again')
  await bob.see('Ann: disk full')
  await ann.cdp('Storage.overrideQuotaForOrigin', { origin })
  await bob.click('[aria-label="Send film.bin again"]')
  await progress(ann, 0)
  const first = await ann.run('return document.querySelector("#incoming progress").value')
  assert.ok(first > 0.1, `it goes on by itself, but from ${first}`)
  await ann.click('#incoming [aria-label^=Stop]')
  await ann.close()
  await bob.close()
})

for (const isSecure of [true, false]) {
  story(`the storage is full${isSecure ? '' : ', on plain http'}: what memory has room for arrives all the same`, async () => {
    const [ann, bob] = await annAndBob({ isSecure })
    const origin = await ann.run('return location.origin')
    await ann.cdp('Storage.overrideQuotaForOrigin', { origin, quotaSize: MB })
    await chooseLarge(bob, 'plan.bin', 24)
    await ann.see('take it?')
    await ann.click('#incoming .primary')
    await notice(ann, 'plan.bin from Bob is here, but this device has no room to keep it: download it now')
    await notice(bob, 'plan.bin reached Ann')
    assert.equal(await readDigest(await ann.download('#trail a[download="plan.bin"]')), digestOf(Buffer.alloc(24 * MB, 7)))
    await ann.close()
    await bob.close()
  })
}

story('a camera that is there and refused: it is said what to do, and a photo can be chosen', async () => {
  // There is one, and somebody who says no.
  const page = await world.driver.open(['--use-fake-device-for-media-stream'])
  await page.cdp('Browser.setPermission', { permission: { name: 'camera' }, setting: 'denied' })
  await page.go(world.link)
  await page.click('#camera-start')
  await page.see('the camera is not allowed here: allow it in the browser’s settings for this page, or choose a photo')
  await page.choose('#photo', { name: 'a.png', type: 'image/png', size: 100 })
  await page.see('Send to whoever comes')
  await page.close()
})

story('a camera that is unplugged is not waited for', async () => {
  const page = await world.browser({ hasCamera: true })
  await page.until('return document.querySelector("#live").videoWidth > 0', 'the live picture')
  await page.run(`const [track] = document.querySelector('#live').srcObject.getTracks()
    track.stop()
    track.dispatchEvent(new Event('ended'))`)
  await page.see('the camera was unplugged, or taken away: choose a photo, or try again')
  await page.click('#camera-start')
  await page.until('return !document.querySelector("#live").hidden && document.querySelector("#live").videoWidth > 0', 'the live picture again')
  await page.close()
})

for (const [what, send] of [
  ['chunks that nobody asked for', 'channel.label === "bulk" ? new Uint8Array(900).fill(255) : null'],
  ['chunks that are too long', 'channel.label === "bulk" ? new Uint8Array(70_000) : null'],
  ['half a message', 'channel.label === "control" ? "{" : null'],
  ['bytes for words', 'channel.label === "control" ? new Uint8Array([1, 2, 3]) : null'],
]) {
  story(`a peer that sends ${what} is disconnected, and others stay`, async () => {
    const ann = await world.browser({ name: 'Ann' })
    const eve = await world.driver.open([])
    await eve.cdp('Page.addScriptToEvaluateOnNewDocument', { source: `
      window.channels = []
      const { createDataChannel } = RTCPeerConnection.prototype
      RTCPeerConnection.prototype.createDataChannel = function (...args) {
        const channel = createDataChannel.apply(this, args)
        channels.push(channel)
        return channel
      }` })
    await eve.go(world.link)
    await here(ann, 'browser')
    const sent = await eve.run(`let sent = 0
      for (const channel of channels) {
        const data = ${send}
        if (data && channel.readyState === 'open') sent += 1, channel.send(data)
      }
      return sent`)
    assert.ok(sent > 0, 'there is a channel to send it over')
    await notice(ann, 'browser broke the protocol')
    const bob = await world.browser({ name: 'Bob' })
    await bob.until('return document.querySelectorAll("#peers .dot.open").length === 2', 'both are reached')
    await ann.choose('#photo', { name: 'a.png', type: 'image/png', size: 100 })
    await ann.click('#send')
    await ann.see('✓ Bob')
    for (const it of [ann, eve, bob]) await it.close()
  })
}

story('two tabs of one phone: each sends and receives for itself', async () => {
  const [ann, bob] = await annAndBob()
  const first = await ann.call('GET', '/window')
  const { handle } = await ann.call('POST', '/window/new', { type: 'tab' })
  await ann.call('POST', '/window', { handle })
  await ann.go(world.link)
  await bob.until('return document.querySelectorAll("#peers .dot.open").length === 2', 'both tabs are reached')
  await bob.choose('#photo', { name: 'a.png', type: 'image/png', size: 100 })
  await bob.click('#send')
  await ann.see('a.png')
  await ann.call('POST', '/window', { handle: first })
  await ann.see('a.png')
  await bob.see('✓ Ann and Ann')
  await ann.close()
  await bob.close()
})
