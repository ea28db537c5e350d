// A room on loopback for browsers and terminals: the signaling server with its page, a line to it that can be cut,
// and programs to meet there.
import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { wordsOf } from '../../words.js'
import { CAMERA, startDriver } from './driver.js'
import { passTo } from './proxy.js'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
/** Where the programs are: built there, or named by the environment. */
const BIN = process.env.PEERSNAP_BIN ?? join(repository, 'target/debug')

/** Whether everything that these stories need is there, or what is missing. */
export function missing() {
  const browsers = (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, 'chromedriver')))
  if (!browsers) return 'chromedriver is not installed'
  const programs = ['peersnap', 'signaling-server'].filter((it) => !existsSync(join(BIN, it)))
  return programs.length > 0 ? `${programs.join(' and ')} are not built in ${BIN}` : null
}

/** Candidates are of relays alone, and there is none: as where nothing but the web gets through. */
const WALL = `
  window.isWalled = true
  const Connection = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Connection {
    constructor(options) {
      super(window.isWalled ? { iceServers: [], iceTransportPolicy: 'relay' } : options)
    }
  }`

export const digestOf = (bytes) => createHash('sha256').update(bytes).digest('hex')

export class World {
  #ends = []

  /** Begins one; where something is missing, it fails and says what. */
  static async begin() {
    const lacks = missing()
    if (lacks) throw new Error(lacks)
    const world = new World()
    world.folder = await mkdtemp(join(tmpdir(), 'peersnap-world-'))
    world.signaling = await world.startSignaling(0)
    world.page = await passTo(world.signaling.port)
    world.driver = await startDriver()
    world.words = wordsOf(randomBytes(9))
    world.link = `${world.page.url}/#${world.words}`
    return world
  }

  /** A room of its own, for the next story. */
  newRoom() {
    this.words = wordsOf(randomBytes(9))
    this.link = `${this.page.url}/#${this.words}`
  }

  async startSignaling(port) {
    const program = this.start('signaling-server', ['--listen', `127.0.0.1:${port}`, '--log', 'error'])
    const line = await program.line(/^listening on http:\/\/\S+:(\d+)$/m)
    program.port = Number(line[1])
    return program
  }

  /**
   * A browser at the page; on plain http as on a phone's network unless it `isSecure`; with one that `isWalled`
   * no connection comes about, until its page's `isWalled` is false.
   */
  async browser({ isSecure = true, isWalled = false, hasCamera = false, name = null, link = this.link, ...options } = {}) {
    const flags = [...(hasCamera ? CAMERA : []), '--host-resolver-rules=MAP phone.test 127.0.0.1', '--ignore-certificate-errors']
    const browser = await this.driver.open(flags, options)
    if (isWalled) await browser.cdp('Page.addScriptToEvaluateOnNewDocument', { source: WALL })
    const url = isSecure ? link : link.replace('127.0.0.1', 'phone.test')
    if (name) {
      await browser.go(url.split('#')[0] + 'icon.svg')
      await browser.run('localStorage.setItem("peersnap.name", args[0])', name)
    }
    await browser.go(url)
    return browser
  }

  /** A program that ends by itself, or with the world. */
  start(name, args, options = {}) {
    const program = new Program(spawn(join(BIN, name), args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: this.folder, XDG_RUNTIME_DIR: this.folder }, cwd: this.folder, ...options,
    }), `${name} ${args.join(' ')}`)
    this.#ends.push(program)
    return program
  }

  /** `peersnap` without a terminal, in the room. */
  terminal(command, ...args) {
    const room = [this.words, '--server', this.page.url, '--no-lan', '--name', 'terminal', '--log', join(this.folder, `${command}.log`)]
    return this.start('peersnap', [command, ...room, ...args])
  }

  async end() {
    await this.driver?.close()
    for (const program of this.#ends) await program.end()
    this.page?.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

class Program {
  text = ''
  #waiting = []

  constructor(child, what) {
    this.child = child
    this.what = what
    const take = (data) => {
      this.text += data
      for (const look of this.#waiting) look()
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    this.ended = new Promise((resolve) => child.on('exit', (code) => (take(''), resolve(code))))
  }

  /** Waits until it has said this. */
  line(pattern, ms = 20_000) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.what} has not said ${pattern}, but:\n${this.text}`)), ms)
      const look = () => {
        const found = pattern.exec(this.text)
        if (!found) return
        clearTimeout(timer)
        resolve(found)
      }
      this.#waiting.push(look)
      look()
    })
  }

  /** Its exit status, once it has ended by itself. */
  async done(ms = 60_000) {
    let timer
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.what} has not ended, but said:\n${this.text}`)), ms)
    })
    const code = await Promise.race([this.ended, late])
    clearTimeout(timer)
    return code
  }

  async end(signal = 'SIGTERM') {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal)
    const hard = setTimeout(() => this.child.kill('SIGKILL'), 5_000)
    await this.ended
    clearTimeout(hard)
  }
}

export const readDigest = async (path) => digestOf(await readFile(path))
