// Stories of people with a page and a terminal: a real browser, the real programs, a room on loopback.
//
// Run with `node --test web/tests/browser/stories.js`, or by `tests/run`; `PEERSNAP_BIN` names the folder of
// the programs if it is not target/debug.
import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { here } from './scenes.js'
import { World, digestOf, readDigest } from './world.js'

const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==', 'base64')
const MANY = 64 * 1024 * 1024
let world

before(async () => {
  world = await World.begin()
})
after(() => world?.end())

/** A story in a room of its own. */
function story(name, tell) {
  test(name, { timeout: 180_000 }, async () => {
    world.newRoom()
    world.page.mend()
    await tell()
  })
}

async function file(name, bytes) {
  const path = join(world.folder, name)
  await writeFile(path, bytes)
  return path
}

story('one tap to the camera, one to send: a phone on plain http hands a terminal a photo', async () => {
  const phone = await world.browser({ isSecure: false, name: 'phone' })
  assert.equal(await phone.run('return isSecureContext'), false)
  const out = join(world.folder, 'photos')
  const terminal = world.terminal('receive', '--out', out, '--once', '--print-path')
  await here(phone, 'terminal')
  await phone.type('#capture', await file('image.png', PNG))
  await phone.click('#send')
  assert.equal(await terminal.done(), 0)
  const path = terminal.text.trim().split('\n').pop()
  assert.match(path, /peersnap-\d{8}-\d{6}\.png$/, 'what every phone calls its photos is no name')
  assert.deepEqual(await readFile(path), PNG)
  await phone.see('✓ terminal')
  await phone.close()
})

story('a photo of a terminal appears on the page by itself, and is downloaded as it was', async () => {
  const page = await world.browser()
  await page.see('Nobody else is here yet')
  const terminal = world.terminal('send', await file('rack.png', PNG))
  await page.until('return document.querySelector("#trail canvas")', 'the picture', 30_000)
  assert.equal(await terminal.done(), 0)
  assert.deepEqual(await readFile(await page.download('#trail a[download="rack.png"]')), PNG)
  await page.click('#trail button.thumb')
  await page.until('return document.querySelector("#viewer-picture").naturalWidth === 2', 'the picture, large')
  await page.close()
})

for (const isSecure of [true, false]) {
  story(`large files go both ways, whole, ${isSecure ? 'to a disk' : 'on plain http'}`, async () => {
    const page = await world.browser({ isSecure })
    const large = await file('large.bin', randomBytes(MANY))
    const digest = await readDigest(large)
    const out = join(world.folder, `large-${isSecure}`)
    const receiving = world.terminal('receive', '--out', out, '--once', '--accept', 'all', '--print-path')
    await here(page, 'terminal')
    await page.type('#files', large)
    assert.equal(await receiving.done(), 0)
    assert.equal(await readDigest(receiving.text.trim().split('\n').pop()), digest)
    const sending = world.terminal('send', large)
    await page.see('take it?')
    await page.click('#incoming .primary')
    assert.equal(await sending.done(), 0)
    assert.equal(await readDigest(await page.download('#trail a[download="large.bin"]')), digest)
    await page.close()
  })
}

story('two pages: snap and send, and a file that is declined', async () => {
  const ann = await world.browser({ name: 'Ann', hasCamera: true })
  const bob = await world.browser({ name: 'Bob' })
  await here(ann, 'Bob')
  await here(bob, 'Ann')
  await ann.until('return !document.querySelector("#snap").hidden || !document.querySelector("#camera-start").hidden')
  if (await ann.run('return document.querySelector("#snap").hidden')) await ann.click('#camera-start')
  await ann.until('return document.querySelector("#live").videoWidth > 0', 'the live picture')
  await ann.click('#snap-send')
  await bob.until('return document.querySelector("#trail canvas")', 'the photo')
  await ann.see('✓ Bob')
  await ann.click('#snap')
  await ann.click('#throw-away')
  await ann.choose('#files', { name: 'plan.pdf', type: 'application/pdf', size: 5000 })
  await bob.see('take it?')
  await ann.see('Bob is asked')
  await bob.click('#incoming .plain')
  await ann.see('Bob: declined')
  await ann.close()
  await bob.close()
})

story('a photo goes to everyone in the room, and each gives a receipt', async () => {
  const page = await world.browser({ name: 'Ann', hasCamera: true })
  const terminals = ['left', 'right'].map((name) => {
    return world.start('peersnap', ['receive', world.words, '--server', world.page.url, '--no-lan', '--name', name, '--once',
      '--out', join(world.folder, name), '--log', join(world.folder, `${name}.log`)], {
      env: { PATH: process.env.PATH, HOME: join(world.folder, name), XDG_RUNTIME_DIR: world.folder },
    })
  })
  await page.until(`return document.querySelectorAll('#peers .dot.open').length === 2`, 'both are reached')
  await page.until('return document.querySelector("#live").videoWidth > 0', 'the live picture, as the camera is allowed')
  await page.click('#snap')
  await page.until('return document.querySelector("#send-text").textContent.startsWith("Send to ")')
  await page.click('#send')
  for (const terminal of terminals) assert.equal(await terminal.done(), 0, terminal.text)
  await page.until(`return /✓ (left and right|right and left)/.test(document.querySelector('#trail').innerText)`, 'two receipts')
  await page.close()
})

story('a screenshot is pasted, and files are dropped', async () => {
  const ann = await world.browser({ name: 'Ann', width: 1280, height: 800 })
  const bob = await world.browser({ name: 'Bob' })
  await here(ann, 'Bob')
  const hand = (event, field) => ann.run(`const data = new DataTransfer()
    data.items.add(new File([Uint8Array.from(atob(args[2]), (it) => it.charCodeAt(0))], args[0] === 'paste' ? 'image.png' : 'a.png', { type: 'image/png' }))
    document.body.dispatchEvent(new (args[0] === 'paste' ? ClipboardEvent : DragEvent)(args[0], { bubbles: true, cancelable: true, [args[1]]: data }))`,
    event, field, PNG.toString('base64'))
  await hand('paste', 'clipboardData')
  await ann.until('return document.activeElement?.id === "send"', 'the send button has the focus')
  await ann.call('POST', '/actions', { actions: [{ type: 'key', id: 'keys', actions: [
    { type: 'keyDown', value: '\uE007' }, { type: 'keyUp', value: '\uE007' }] }] })
  await bob.see('a photo · ')
  await hand('drop', 'dataTransfer')
  await bob.see('a.png')
  await bob.until('return document.querySelectorAll("#trail canvas").length === 2', 'both pictures')
  await ann.close()
  await bob.close()
})

story('a folder is dropped on one page, and saved as a zip file from another', async () => {
  const ann = await world.browser({ name: 'Ann', width: 1280, height: 800 })
  const bob = await world.browser({ name: 'Bob' })
  await here(ann, 'Bob')
  const folder = join(world.folder, 'survey')
  await mkdir(join(folder, 'photos/empty'), { recursive: true })
  await writeFile(join(folder, 'notes.txt'), 'three racks')
  await writeFile(join(folder, 'photos/rack.png'), PNG)
  const data = { items: [], files: [folder], dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop']) {
    await ann.cdp('Input.dispatchDragEvent', { type, x: 300, y: 300, data })
  }
  await bob.see('folder, 2 files')
  await bob.click('#incoming .primary')
  await ann.see('✓ Bob')
  const zip = await readFile(await bob.download('#trail button[aria-label^="Download survey"]', 'survey.zip'))
  for (const text of ['notes.txt', 'three racks', 'photos/empty/', 'photos/rack.png']) assert.ok(zip.includes(text), text)
  assert.ok(zip.includes(PNG))
  await ann.close()
  await bob.close()
})

story('a transfer is paused and goes on, and another is stopped', async () => {
  const ann = await world.browser({ name: 'Ann' })
  const bob = await world.browser({ name: 'Bob' })
  await here(ann, 'Bob')
  const size = 96 * 1024 * 1024
  await ann.choose('#files', { name: 'film.mp4', type: 'video/mp4', size })
  await bob.see('take it?')
  await bob.click('#incoming .primary')
  await bob.until('return document.querySelector("#incoming progress").value > 0.02', 'some of it')
  await bob.click('#incoming [aria-label^=Pause]')
  await ann.see('paused by Bob')
  const before = await bob.run('return document.querySelector("#incoming progress").value')
  await sleep(1500)
  const later = await bob.run('return document.querySelector("#incoming progress").value')
  assert.ok(later - before < 0.2, `${before} then ${later}`)
  await bob.click('#incoming [aria-label^=Pause]')
  await bob.until(`return document.querySelector("#incoming progress").value > ${later}`, 'more of it')
  await ann.click('#trail [aria-label^=Stop]')
  await bob.see('Ann took film.mp4 back')
  await ann.close()
  await bob.close()
})

story('a page that is reloaded in the middle goes on from what was verified', async () => {
  const page = await world.browser({ name: 'Ann' })
  const large = await file('long.bin', randomBytes(2 * MANY))
  await page.see('Nobody else is here yet')
  const sending = world.terminal('send', large)
  await page.see('take it?')
  await page.click('#incoming .primary')
  await page.until('return document.querySelector("#incoming progress").value > 0.2', 'a fifth of it')
  await page.run('window.addEventListener("beforeunload", (e) => e.stopImmediatePropagation(), true)')
  await page.reload()
  await page.until('return document.querySelector("#incoming progress")?.value > 0.1', 'it goes on by itself, from where it was', 40_000)
  assert.equal(await sending.done(120_000), 0)
  assert.equal(await readDigest(await page.download('#trail a[download="long.bin"]')), await readDigest(large))
  await page.close()
})

story('a page that is reloaded while it sends goes on where it was', async () => {
  const page = await world.browser({ name: 'Ann' })
  const out = join(world.folder, 'sent')
  const receiving = world.terminal('receive', '--out', out, '--once', '--accept', 'all', '--print-path')
  await here(page, 'terminal')
  const large = await file('outgoing.bin', randomBytes(60 * 1024 * 1024))
  await page.type('#files', large)
  await page.until('return document.querySelector("#trail progress").value > 0.3', 'a third of it')
  await page.run('window.addEventListener("beforeunload", (e) => e.stopImmediatePropagation(), true)')
  await page.reload()
  await page.until('return document.querySelector("#trail progress")?.value > 0.2', 'it goes on by itself, from where it was', 40_000)
  assert.equal(await receiving.done(120_000), 0)
  assert.equal(await readDigest(receiving.text.trim().split('\n').pop()), await readDigest(large))
  await page.close()
})

story('a phone that sleeps in the middle goes on when it wakes', async () => {
  const phone = await world.browser({ name: 'Ann', isSecure: false })
  await phone.see('Nobody else is here yet')
  const large = await file('night.bin', randomBytes(2 * MANY))
  const sending = world.terminal('send', large)
  await phone.see('take it?')
  await phone.click('#incoming .primary')
  await phone.until('return document.querySelector("#incoming progress").value > 0.1', 'some of it')
  await phone.sleep(12_000)
  assert.equal(await sending.done(120_000), 0)
  assert.equal(await readDigest(await phone.download('#trail a[download="night.bin"]')), await readDigest(large))
  await phone.close()
})

story('a page that was out of sight sees that all is well, and disturbs nobody', async () => {
  const ann = await world.browser({ name: 'Ann' })
  const bob = await world.browser({ name: 'Bob' })
  await here(ann, 'Bob')
  await here(bob, 'Ann')
  await ann.run(`Object.assign(window, { sockets: 0, asked: 0 })
    const { send } = WebSocket.prototype
    WebSocket.prototype.send = function (text) { window.asked += /"payload":null/.test(text); return send.call(this, text) }
    window.WebSocket = class extends WebSocket { constructor(...args) { super(...args); window.sockets += 1 } }`)
  const look = (state) => ann.run(`Object.defineProperty(document, 'visibilityState', { value: args[0], configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))`, state)
  await look('hidden')
  await sleep(6_000)
  await look('visible')
  await ann.until('return window.asked === 1', 'it asks whether the server is there')
  await sleep(4_500)
  assert.equal(await ann.run('return window.sockets'), 0)
  await here(bob, 'Ann')
  await ann.choose('#photo', { name: 'a.png', type: 'image/png', size: 100 })
  await ann.click('#send')
  await bob.see('a.png')
  await ann.close()
  await bob.close()
})

story('what waits to be sent outlasts a reload, and so does what came in', async () => {
  const ann = await world.browser({ name: 'Ann' })
  await ann.see('Nobody else is here yet')
  await ann.choose('#files', { name: 'note.txt', type: 'text/plain', size: 3000 })
  await ann.see('waits for whoever comes')
  await sleep(300)
  await ann.choose('#photo', { name: 'kept.png', type: 'image/png', size: 100 })
  await ann.see('Send to whoever comes')
  await sleep(300)
  await ann.reload()
  await ann.see('waits for whoever comes')
  await ann.see('kept.png')
  await ann.click('#throw-away')
  const bob = await world.browser({ name: 'Bob' })
  await bob.see('take it?')
  await bob.click('#incoming .primary')
  await ann.see('✓ Bob')
  await bob.see('note.txt')
  await bob.reload()
  await bob.see('note.txt')
  const bytes = Uint8Array.from({ length: 3000 }, (_, at) => (at * 7) >> 3)
  assert.equal(await readDigest(await bob.download('#trail a[download="note.txt"]')), digestOf(bytes))
  await ann.close()
  await bob.close()
})

story('the server is lost and comes back, and transfers never notice', async () => {
  const ann = await world.browser({ name: 'Ann' })
  const bob = await world.browser({ name: 'Bob' })
  await here(ann, 'Bob')
  world.page.cut()
  await ann.see('lost the server: trying again, transfers go on')
  await ann.choose('#photo', { name: 'a.png', type: 'image/png', size: 100 })
  await ann.click('#send')
  await ann.see('✓ Bob')
  const port = world.signaling.port
  await world.signaling.end()
  world.signaling = await world.startSignaling(0)
  world.page.mend(world.signaling.port)
  await ann.see('back in the room')
  await here(ann, 'Bob')
  assert.notEqual(port, world.signaling.port)
  await ann.close()
  await bob.close()
})

story('words that are wrong are told so, and words that are right lead in', async () => {
  const page = await world.browser()
  await page.go('about:blank')
  await page.go(world.page.url + '/#crane-velvte')
  await page.see('“velvte” is not on the list: velvet?')
  await page.type('#words', world.words.split('-').map((word) => word.slice(0, 4)).join(' '))
  await page.click('#ask button[type=submit]')
  await page.see(world.words.replaceAll('-', ' '))
  await page.see('Nobody else is here yet')
  await page.go('about:blank')
  await page.go(world.page.url + '/')
  await page.click('#open-room')
  await page.see('Nobody else is here yet')
  assert.match(await page.run('return location.hash'), /^#([a-z]+-){5}[a-z]+$/)
  await page.close()
})

story('a seventeenth is told that the room is full', async () => {
  const sockets = []
  const { deriveKeys } = await import('../../seal/keys.js')
  const { room } = await deriveKeys(world.words)
  const { connect } = await import('node:net')
  for (let at = 0; at < 16; at++) sockets.push(await knock(connect, world.signaling.port, room))
  const page = await world.browser()
  await page.see('the room is full: it holds 16')
  for (const socket of sockets) socket.destroy()
  await page.close()
})

/** A member that says nothing more: a websocket without a library, which is only written to. */
function knock(connect, port, room) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET /signaling HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`)
    socket.once('data', () => {
      const text = Buffer.from(JSON.stringify({ type: 'join', version: 1, room }))
      const masked = Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text])
      socket.write(masked)
      socket.once('data', () => resolve(socket))
    })
    socket.on('error', () => {})
  })
}

story('a peer that sends garbage is disconnected, and the page goes on', async () => {
  const ann = await world.browser({ name: 'Ann' })
  const evil = await world.browser({ name: 'Eve' })
  await evil.run(`const send = RTCDataChannel.prototype.send
    RTCDataChannel.prototype.send = function (data) { send.call(this, window.isEvil && this.label === 'control' ? '{"type":' : data) }`)
  await here(ann, 'Eve')
  await evil.run('window.isEvil = true')
  await evil.choose('#files', { name: 'x.bin', type: 'application/x-bin', size: 10 })
  await ann.see('Eve broke the protocol')
  const bob = await world.browser({ name: '<img src=x onerror=alert(1)>Bob' })
  await ann.see('<img src=x onerror=alert(1)>Bob')
  await ann.choose('#photo', { name: 'a.png', type: 'image/png', size: 100 })
  await ann.click('#send')
  await ann.see('✓ <img src=x onerro…')
  for (const it of [ann, evil, bob]) await it.close()
})

story('a picture that cannot be decoded is kept and said to be so', async () => {
  const page = await world.browser()
  const other = await world.browser({ name: 'Bob' })
  await here(other, 'browser')
  await other.choose('#files', { name: 'broken.png', type: 'image/png', size: 500 })
  await page.see('broken.png')
  await page.until('return document.querySelector("#trail button.thumb .icon")')
  await sleep(500)
  await page.click('#trail button.thumb')
  await page.see('this browser cannot show broken.png: download it')
  await page.close()
  await other.close()
})

story('a second tab of one phone takes a place of its own', async () => {
  const page = await world.browser({ name: 'Ann' })
  await page.see('Nobody else is here yet')
  await page.run('window.open(location.href); return null')
  await here(page, 'Ann')
  await page.see('you are here from another tab or device, too')
  assert.equal(await page.run('return document.querySelector("#room-state").textContent'), '')
  await page.close()
})

story('another name is seen by everyone at once, and is remembered', async () => {
  const ann = await world.browser({ name: 'Ann' })
  const bob = await world.browser({ name: 'Bob' })
  await here(ann, 'Bob')
  await here(bob, 'Ann')
  await ann.click('#who-open')
  await ann.run('document.querySelector("#name").value = ""')
  await ann.type('#name', 'Anna\n')
  await here(bob, 'Anna')
  await ann.reload()
  await here(bob, 'Anna')
  await here(ann, 'Bob')
  await bob.click('#who-open')
  await bob.click('#peers .plain')
  await bob.see('Anna is trusted, and will be known again')
  await ann.close()
  await bob.close()
})

story('who leaves a room is gone at once, and may come back', async () => {
  const ann = await world.browser({ name: 'Ann' })
  const bob = await world.browser({ name: 'Bob' })
  await here(ann, 'Bob')
  await here(bob, 'Ann')
  await ann.click('#who-open')
  await ann.click('#leave')
  await bob.see('Ann left')
  await ann.see('Join a room')
  assert.equal(await ann.run('return location.hash'), '')
  await ann.type('#words', world.link)
  await ann.click('#ask button[type=submit]')
  await here(bob, 'Ann')
  await ann.choose('#photo', { name: 'a.png', type: 'image/png', size: 100 })
  await ann.click('#send')
  await bob.see('a.png')
  await ann.close()
  await bob.close()
})

story('a camera that is refused, and none at all, are told what to do', async () => {
  const page = await world.browser()
  await page.click('#camera-start')
  await page.until(`return /camera.*choose a photo/.test(document.querySelector('#blank-text').textContent)`, 'a sentence')
  await page.close()
})

story('over https with a certificate of its own, a phone has its live camera, and hands on the link whole', async () => {
  const out = join(world.folder, 'secure')
  const terminal = world.start('peersnap', ['receive', '--tls', 'self-signed', '--listen', '127.0.0.1:0', '--no-lan', '--name', 'terminal',
    '--once', '--print-path', '--out', out, '--log', join(world.folder, 'secure.log')])
  const [link] = await terminal.line(/https:\/\/127\.0\.0\.1:\d+\/#[a-z-]+\.[\w-]{22}(?=\s)/)
  const phone = await world.browser({ isSecure: false, hasCamera: true, name: 'phone', link })
  assert.equal(await phone.run('return isSecureContext && location.protocol'), 'https:')
  await here(phone, 'terminal')
  assert.equal(await phone.run('return document.querySelector("#invite-link").value'), link.replace('127.0.0.1', 'phone.test'))
  await phone.until('return document.querySelector("#live").videoWidth > 0', 'the live picture')
  await phone.click('#snap-send')
  assert.equal(await terminal.done(), 0, terminal.text)
  assert.equal((await readFile(terminal.text.trim().split('\n').pop())).subarray(0, 2).toString('hex'), 'ffd8')
  await phone.close()
})

story('the server hands out the page under its policy, and a browser that has it already hears so', async () => {
  const page = await fetch(`${world.page.url}/`)
  assert.match(page.headers.get('content-security-policy'), /^default-src 'none'; script-src 'self'; style-src 'self'; .*frame-ancestors 'none'$/)
  for (const name of ['x-content-type-options', 'referrer-policy', 'permissions-policy']) assert.ok(page.headers.get(name), name)
  assert.equal(await page.text(), await readFile(new URL('../../index.html', import.meta.url), 'utf8'))
  const again = await fetch(`${world.page.url}/`, { headers: { 'if-none-match': page.headers.get('etag') } })
  assert.equal(again.status, 304)
  for (const path of ['/tests/page.test.js', '/README.md', '/%2e%2e/Cargo.toml', '//main.js']) {
    assert.equal((await fetch(world.page.url + path)).status, 404, path)
  }
})

story('nothing of the page breaks its policy, and it weighs little', async () => {
  const page = await world.browser({ name: 'Ann', hasCamera: true })
  await page.see('Nobody else is here yet')
  const all = await page.run(`return performance.getEntriesByType('resource').map((it) => it.name)`)
  assert.ok(all.every((url) => url.startsWith(world.page.url)), all.join('\n'))
  const weight = await page.run(`return [performance.getEntriesByType('navigation'), performance.getEntriesByType('resource')].flat()
    .reduce((sum, it) => sum + it.encodedBodySize, 0)`)
  assert.ok(weight > 50_000 && weight < 100_000, `${weight} bytes`)
  const paint = await page.run(`return performance.getEntriesByName('first-contentful-paint')[0]?.startTime`)
  console.log(`the page weighs ${weight} bytes and paints after ${Math.round(paint)} ms`)
  const logs = (await page.logs()).filter((it) => !it.includes('favicon'))
  assert.deepEqual(logs, [])
  await page.close()
})
