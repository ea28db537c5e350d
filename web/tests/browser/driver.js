// A browser, driven over WebDriver with nothing but fetch.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--no-default-browser-check',
  '--disable-features=WebRtcHideLocalIpsWithMdns,MediaRouter,OptimizationHints',
  '--disable-backgrounding-occluded-windows', '--disable-renderer-backgrounding',
]
/** A camera that shows a moving picture, and nobody who has to allow it. */
export const CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']

const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'

/** Begins the driver; `open` begins a browser of its own. */
export async function startDriver() {
  const child = spawn('chromedriver', ['--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (data) => {
      text += data
      const found = /successfully on port (\d+)/.exec(text)
      if (found) resolve(found[1])
    })
    child.on('exit', () => reject(new Error('chromedriver ended')))
  })
  const browsers = []
  return {
    async open(flags = [], options = {}) {
      const browser = await Browser.begin(`http://127.0.0.1:${port}`, flags, options)
      browsers.push(browser)
      return browser
    },
    async close() {
      for (const browser of browsers) await browser.close().catch(() => {})
      child.kill()
    },
  }
}

class Browser {
  static async begin(driver, flags, { width = 360, height = 740, isDark = false } = {}) {
    const profile = await mkdtemp(join(tmpdir(), 'peersnap-browser-'))
    const args = [...FLAGS, ...flags, `--user-data-dir=${profile}`, `--window-size=${width},${height}`]
    const chrome = { args, prefs: { 'download.default_directory': profile, 'download.prompt_for_download': false } }
    const capabilities = { alwaysMatch: { browserName: 'chrome', 'goog:chromeOptions': chrome, 'goog:loggingPrefs': { browser: 'ALL' } } }
    const browser = new Browser()
    browser.profile = profile
    browser.driver = driver
    browser.base = driver
    const { sessionId, capabilities: got } = await browser.call('POST', '/session', { capabilities })
    browser.pid = got['goog:processID']
    browser.base = `${driver}/session/${sessionId}`
    await browser.cdp('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 })
    await browser.cdp('Emulation.setEmulatedMedia', {
      features: [{ name: 'prefers-color-scheme', value: isDark ? 'dark' : 'light' }],
    })
    return browser
  }

  async call(method, path, body) {
    const response = await fetch(this.base + path, { method, body: body && JSON.stringify(body) })
    const { value } = await response.json()
    if (value?.error) throw new Error(`${path}: ${value.error}: ${value.message}`)
    return value
  }

  cdp(cmd, params) {
    return this.call('POST', '/goog/cdp/execute', { cmd, params })
  }

  go(url) {
    return this.call('POST', '/url', { url })
  }

  reload() {
    return this.call('POST', '/refresh', {})
  }

  /** The value of a function's body, which may wait. */
  run(body, ...args) {
    const script = `const done = arguments[arguments.length - 1]; (async (...args) => { ${body} })(...Array.from(arguments).slice(0, -1)).then((it) => done({ it: it ?? null }), (error) => done({ error: String(error?.stack ?? error) }))`
    return this.call('POST', '/execute/async', { script, args }).then(({ it, error }) => {
      if (error) throw new Error(error)
      return it
    })
  }

  async find(selector) {
    const found = await this.call('POST', '/element', { using: 'css selector', value: selector })
    return found[ELEMENT]
  }

  /** Presses what a person can see, as soon as that is so. */
  async click(selector) {
    await this.until(`const it = document.querySelector(${JSON.stringify(selector)}); return it !== null && it.offsetParent !== null`, selector)
    await this.call('POST', `/element/${await this.find(selector)}/click`, {})
  }

  async type(selector, text) {
    await this.call('POST', `/element/${await this.find(selector)}/value`, { text })
  }

  /** Hands files to the page as if a person had chosen them; each `{ name, type, size, salt }`. */
  choose(selector, ...files) {
    return this.run(`
      const data = new DataTransfer()
      for (const { name, type, size, salt } of args[1]) {
        const bytes = Uint8Array.from({ length: size }, (_, at) => (at * (salt ?? 7)) >> 3)
        data.items.add(new File([bytes], name, { type }))
      }
      const input = document.querySelector(args[0])
      input.files = data.files
      input.dispatchEvent(new Event('change'))`, selector, files)
  }

  /** Downloads what a link of the page leads to once it is there, and is not empty, as a press on it does; the path of the file. */
  async download(selector, as = null) {
    await this.until(`return document.querySelector(${JSON.stringify(selector)})`, selector)
    const before = new Set(await readdir(this.profile))
    await this.cdp('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: this.profile })
    const pressed = await this.run('const a = document.querySelector(args[0]); a.click(); return a.download', selector)
    const name = as ?? pressed
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(50)) {
      const came = (await readdir(this.profile)).find((it) => it === name && !before.has(it))
      // The browser takes the name by an empty file, in whose place the whole one comes.
      if (came && (await stat(join(this.profile, came))).size > 0) return join(this.profile, came)
    }
    throw new Error(`${name} was not downloaded`)
  }

  /** Waits until a function's body is true. */
  async until(body, what = body, ms = 20_000) {
    const deadline = Date.now() + ms
    for (;;) {
      const is = await this.run(body)
      if (is) return is
      if (Date.now() > deadline) {
        throw new Error(`waited for: ${what}\n--- the page says ---\n${await this.text()}\n--- its log ---\n${(await this.logs()).join('\n')}`)
      }
      await sleep(50)
    }
  }

  /** Waits until the page shows this. */
  see(text, ms) {
    return this.until(`return document.body.innerText.includes(${JSON.stringify(text)})`, `“${text}”`, ms)
  }

  text() {
    return this.run('return document.body.innerText')
  }

  async logs() {
    const entries = await this.call('POST', '/se/log', { type: 'browser' })
    return entries.map((it) => `${it.level} ${it.message}`)
  }

  /** Stops all of its processes for so long, as a phone does that sleeps. */
  async sleep(ms) {
    const all = await family(this.pid)
    for (const pid of all) process.kill(pid, 'SIGSTOP')
    await sleep(ms)
    for (const pid of all.reverse()) process.kill(pid, 'SIGCONT')
  }

  async screenshot(path) {
    await writeFile(path, Buffer.from(await this.call('GET', '/screenshot'), 'base64'))
  }

  /** Ends it; what went wrong in its pages that nobody caught is told. */
  async close() {
    const uncaught = (await this.logs().catch(() => [])).filter((it) => /Uncaught|Content Security|TypeError|ReferenceError/.test(it))
    await this.call('DELETE', '')
    await rm(this.profile, { recursive: true, force: true }).catch(() => {})
    if (uncaught.length > 0) throw new Error(uncaught.join('\n'))
  }
}

/** A process and all that come of it. */
async function family(pid) {
  const stats = await Promise.all((await readdir('/proc')).filter((it) => /^\d+$/.test(it)).map(async (it) => {
    const text = await readFile(`/proc/${it}/stat`, 'utf8').catch(() => '')
    return [Number(it), Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])]
  }))
  const all = [pid]
  for (const parent of all) all.push(...stats.filter(([, of]) => of === parent).map(([child]) => child))
  return all
}
