// What the page weighs, when it is first painted, and how long a photo takes from a tap to where it is
// wanted. See README.md for how to run it and for its table.
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { choosePhoto } from '../../../web/tests/browser/scenes.js'
import { World, missing } from '../../../web/tests/browser/world.js'

const ROUNDS = 15
/** As much as makes a JPEG of 1080p as large as a camera's. */
const GRAIN = 24
const PATIENCE_MS = 30_000

/** Notes moments by the clock that all processes of a machine share. */
const WATCH = `
  const now = () => performance.timeOrigin + performance.now()
  Object.assign(window, { tapped: null, shown: [], joined: null, first: null })
  addEventListener('click', (event) => {
    if (event.target.closest('#send')) window.tapped = performance.timeOrigin + event.timeStamp
  }, true)
  const painted = (note) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => note(now())
    port2.postMessage(null)
  })
  new MutationObserver((changes) => {
    if (window.joined === null && document.querySelector('#room')?.hidden === false) window.joined = performance.now()
    for (const { addedNodes } of changes) {
      for (const it of addedNodes) if (it.localName === 'canvas') painted((at) => window.shown.push(at))
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['hidden'] })`

const lacks = missing()
if (lacks) {
  console.error(lacks)
  process.exit(1)
}
const world = await World.begin()
const reached = 'return document.querySelector("#who-open").matches(".some")'
try {
  console.log('| | goal | least | median | most |\n|---|---|---|---|---|')
  await loads()
  await fromPageToPage()
  await fromTerminalToPage()
  await fromPageToPath()
} finally {
  await world.end()
}

/** A page with the watch in it. */
async function open(name, options = {}) {
  const page = await world.browser({ ...options, name })
  await page.cdp('Page.addScriptToEvaluateOnNewDocument', { source: WATCH })
  await page.go('about:blank')
  await page.go(world.link)
  await page.until('return !document.querySelector("#room").hidden', 'it is in the room')
  return page
}

async function loads() {
  const page = await open('Ann')
  const urls = await page.run(`return [location.href.split('#')[0], ...performance.getEntriesByType('resource').map((it) => it.name)]`)
  let weight = 0
  for (const url of new Set(urls)) weight += await compressed(url)
  const taken = { paint: [], joined: [] }
  for (let round = 0; round < ROUNDS; round++) {
    await page.go('about:blank')
    await page.cdp('Network.clearBrowserCache', {})
    await page.go(world.link)
    await page.until('return window.joined !== null && performance.getEntriesByType("paint").length > 1')
    taken.paint.push(await page.run(`return performance.getEntriesByName('first-contentful-paint')[0].startTime`))
    taken.joined.push(await page.run('return window.joined'))
  }
  console.log(`| weight, compressed, ${new Set(urls).size} answers | 100 kB | | ${(weight / 1000).toFixed(1)} kB | |`)
  row('first paint, nothing cached', '200 ms', taken.paint)
  row('in the room, its keys made of the words', '', taken.joined)
  await page.close()
}

async function fromPageToPage() {
  world.newRoom()
  const [ann, bob] = [await open('Ann', { isSecure: false }), await open('Bob')]
  await ann.until(reached, 'the other is reached')
  let size
  const taken = []
  for (let round = 0; round < ROUNDS; round++) {
    size = await choosePhoto(ann, '#capture', { grain: GRAIN })
    await ann.until('return !document.querySelector("#send").hidden')
    await bob.run('window.shown = []')
    await ann.click('#send')
    await bob.until('return window.shown.length > 0', 'the photo')
    taken.push((await bob.run('return window.shown[0]')) - (await ann.run('return window.tapped')))
  }
  row(`tap on Send to the photo on another page, 1080p, ${Math.round(size / 1000)} kB`, '300 ms', taken)
  await ann.close()
  await bob.close()
}

async function fromTerminalToPage() {
  world.newRoom()
  const page = await open('Ann')
  const photo = join(world.folder, 'photo.jpg')
  await writeFile(photo, await photoBytes())
  const words = [world.words, '--server', world.page.url, '--no-lan', '--name', 'terminal', '--camera', photo, '--log', join(world.folder, 'tui.log')]
  const command = ['stty cols 80 rows 24; exec', join(process.env.PEERSNAP_BIN, 'peersnap'), ...words.map((it) => `'${it}'`)].join(' ')
  const terminal = spawn('script', ['-qfec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'], cwd: world.folder,
    env: { PATH: process.env.PATH, HOME: world.folder, XDG_RUNTIME_DIR: world.folder, TERM: 'xterm-256color', SHELL: '/bin/sh' },
  })
  let screen = ''
  terminal.stdout.on('data', (data) => (screen = (screen + data).slice(-100_000)))
  const ended = new Promise((resolve) => terminal.on('exit', resolve))
  await page.until(reached, 'the terminal is reached', PATIENCE_MS)
  const taken = []
  for (let round = 0; round < ROUNDS; round++) {
    await page.run('window.shown = []')
    screen = ''
    terminal.stdin.write('s')
    await until(() => /Enter/.test(screen) && /throw/.test(screen), () => `a photo that waits for Enter:\n${screen}`)
    const pressed = Date.now()
    terminal.stdin.write('\r')
    await page.until('return window.shown.length > 0', 'the photo', PATIENCE_MS)
    taken.push((await page.run('return window.shown[0]')) - pressed)
  }
  row('Enter in a terminal to the photo on the page', '300 ms', taken)
  terminal.stdin.write('q')
  setTimeout(() => terminal.kill(), 3_000).unref()
  await ended
  await page.close()
}

async function fromPageToPath() {
  world.newRoom()
  const page = await open('Ann', { isSecure: false })
  const taken = []
  for (let round = 0; round < ROUNDS; round++) {
    const terminal = world.terminal('receive', '--out', join(world.folder, 'photos'), '--once', '--print-path')
    let printed = null
    terminal.child.stdout.on('data', () => (printed ??= Date.now()))
    await page.until(reached, 'the terminal is reached', PATIENCE_MS)
    await choosePhoto(page, '#capture', { grain: GRAIN })
    await page.until('return !document.querySelector("#send").hidden')
    await page.click('#send')
    const code = await terminal.done()
    if (code !== 0) throw new Error(terminal.text)
    taken.push(printed - (await page.run('return window.tapped')))
    await page.until('return !document.querySelector("#who-open").matches(".some")', 'it has left', PATIENCE_MS)
  }
  row('tap on Send to the path that `receive --once` prints', '1 s', taken)
  await page.close()
}

function row(what, goal, taken) {
  const sorted = taken.slice().sort((one, other) => one - other)
  const text = [sorted[0], sorted[sorted.length >> 1], sorted[sorted.length - 1]].map((ms) => `${Math.round(ms)} ms`)
  console.log(`| ${what} | ${goal} | ${text.join(' | ')} |`)
}

/** The bytes of an answer's body as it comes to a browser, compressed here if the server does not. */
function compressed(url) {
  return new Promise((resolve, reject) => {
    get(url, { headers: { 'accept-encoding': 'gzip' } }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => {
        const body = Buffer.concat(chunks)
        if (response.statusCode !== 200) resolve(0)
        else resolve(response.headers['content-encoding'] ? body.length : gzipSync(body, { level: 9 }).length)
      })
    }).on('error', reject)
  })
}

/** The same photo as bytes: made where no policy forbids to read it. */
async function photoBytes() {
  const page = await world.driver.open()
  await page.go('about:blank')
  await page.run(`document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'photo' }))`)
  await choosePhoto(page, '#photo', { grain: GRAIN })
  const text = await page.run(`const reader = new FileReader()
    await new Promise((resolve) => {
      reader.onload = resolve
      reader.readAsDataURL(document.querySelector('#photo').files[0])
    })
    return reader.result.split(',')[1]`)
  await page.close()
  return Buffer.from(text, 'base64')
}

async function until(is, what) {
  for (const deadline = Date.now() + PATIENCE_MS; !is(); await new Promise((resolve) => setTimeout(resolve, 5))) {
    if (Date.now() > deadline) throw new Error(`waited for ${what()}`)
  }
}
