// The page keeps its own rules: no markup of strings, nothing inline, no origin but its own.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { codeOf } from './code.js'

const folder = fileURLToPath(new URL('../', import.meta.url))
const read = (file) => readFileSync(join(folder, file), 'utf8')
const html = read('index.html')
const modules = ['', 'app/', 'io/', 'seal/', 'transfer/', 'tunnel/', 'ui/'].flatMap((at) =>
  readdirSync(join(folder, at)).filter((file) => file.endsWith('.js')).map((file) => at + file))

/** What a module imports, and what those do. */
function reached(from, seen = new Set()) {
  if (seen.has(from)) return seen
  seen.add(from)
  for (const [, path] of read(from).matchAll(/^import\b[^'"]*'([^']+)'/gm)) {
    assert.match(path, /^\.\.?\//, `${from}: a browser finds ${path} by its place alone`)
    reached(normalize(join(dirname(from), path)), seen)
  }
  return seen
}

test('what the page loads is what its program needs, and all of it is asked for at once', () => {
  const needed = reached('main.js')
  const preloaded = Array.from(html.matchAll(/rel="modulepreload"[^>]*href="([^"]+)"/g), (it) => it[1])
  assert.deepEqual(preloaded.sort(), Array.from(needed).sort())
  for (const from of Array.from(needed)) {
    const later = Array.from(read(from).matchAll(/\bimport\('([^']+)'\)/g), (it) => normalize(join(dirname(from), it[1])))
    // All that comes with one is asked for with it, so that none waits for another.
    const known = new Set([...preloaded, ...later])
    for (const file of later) {
      const missing = Array.from(reached(file)).filter((it) => !known.has(it))
      if (from !== 'main.js') assert.deepEqual(missing, [], file)
      reached(file, needed)
    }
  }
  assert.deepEqual(modules.filter((file) => !needed.has(file)), [], 'and no module lies there for nothing')
})

test('nothing is inline, and nothing comes from elsewhere', () => {
  assert.doesNotMatch(html, /<script(?![^>]*src=)|<style|\son\w+=|style=/)
  assert.doesNotMatch(html + read('style.css'), /(?:src|href)="(?:https?:)?\/\/|url\(|@import/)
})

test('no text of anybody becomes markup, and nothing is evaluated', () => {
  for (const file of modules) {
    assert.doesNotMatch(read(file), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, file)
  }
})

test('what is pure names nothing of a browser', () => {
  const pure = modules.filter((file) => !/^(io|ui)\/|^main\.js$/.test(file))
  for (const file of pure) {
    const code = codeOf(read(file))
    assert.doesNotMatch(code, /\b((document|window|localStorage|performance|crypto|navigator)\.|fetch\(|setTimeout\(|Date\.now|WebSocket|RTC\w+)/, file)
    for (const [, path] of code.matchAll(/^import\b[^'"]*'([^']+)'/gm)) assert.doesNotMatch(path, /\/(io|ui)\//, file)
  }
})

test('every id that the screen asks for is there, once', () => {
  const ids = Array.from(html.matchAll(/\sid="([^"]+)"/g), (it) => it[1])
  assert.equal(new Set(ids).size, ids.length)
  for (const file of ['ui/screen.js', 'ui/rows.js']) {
    for (const [, id] of read(file).matchAll(/\bby\('([^']+)'\)/g)) assert.ok(ids.includes(id), `${file}: ${id}`)
    for (const [, id] of read(file).matchAll(/icon\('([^']+)'/g)) assert.ok(ids.includes(`icon-${id}`), `${file}: ${id}`)
  }
})
