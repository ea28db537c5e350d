// Nobody is kept out: axe looks at the page at each step of its way, on a phone and on a desk, in the dark
// and in the light.
//
// Run with `node --test web/tests/browser/access.js`. With `PEERSNAP_PICTURES` naming a folder, what was
// looked at is kept there, for people to look at, too.
import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { LOOKS, scenes, wear } from './scenes.js'
import { World } from './world.js'

const PICTURES = process.env.PEERSNAP_PICTURES
const AXE = readFile(new URL('axe/axe.min.js', import.meta.url), 'utf8')
let world

before(async () => {
  world = await World.begin()
})
after(() => world?.end())

test('at no step does the page keep anybody out', { timeout: 300_000 }, async () => {
  if (PICTURES) await mkdir(PICTURES, { recursive: true })
  const found = []
  let looked = 0
  for await (const { name, page } of scenes(world)) {
    for (const look of LOOKS) {
      await wear(page, look)
      const wrong = [...(look.isOdd ? [] : await violations(page)), ...await misplaced(page)]
      found.push(...wrong.map((it) => `${name} ${look.name}: ${it}`))
      if (PICTURES) await page.screenshot(join(PICTURES, `${name}-${look.name}.png`))
      looked += 1
    }
    await wear(page, { width: 360, height: 740 })
  }
  assert.deepEqual(found, [])
  assert.ok(looked >= 10 * LOOKS.length, `${looked} looks`)
})

test('what would keep somebody out is found', { timeout: 60_000 }, async () => {
  world.newRoom()
  const page = await world.browser()
  await page.see('Nobody else is here yet')
  await page.run(`document.querySelector('#who-open').removeAttribute('aria-label')
    document.querySelector('#who-count').remove()
    document.querySelector('#room-state').style.color = '#ccc'`)
  assert.deepEqual((await violations(page)).map((it) => it.split(' ')[1]).sort(), ['button-name', 'color-contrast'])
  await page.close()
})

/** What stands out of the window sideways, or is too small for a thumb: 44 pixels either way. */
function misplaced(page) {
  return page.run(`
    const seen = (it) => it.checkVisibility() && it.closest('dialog') === (document.querySelector('dialog[open]') ?? null)
    const controls = Array.from(document.querySelectorAll('button, a[href], label:has(.over), .check, .smaller, input[type=text], input[type=range]'))
    const wrong = controls.filter(seen).filter((it) => !it.matches('.skip')).flatMap((it) => {
      const { left, right, width, height } = it.getBoundingClientRect()
      const who = it.id || it.getAttribute('aria-label') || it.textContent
      return [
        ...(left < -1 || right > innerWidth + 1 ? ['sideways ' + who + ' ' + left + ' to ' + right] : []),
        ...(width < 43.5 || height < 43.5 ? ['small ' + who + ' ' + width + ' by ' + height] : []),
      ]
    })
    const { scrollWidth } = document.scrollingElement
    return scrollWidth > innerWidth ? [...wrong, 'the page is ' + scrollWidth + ' wide'] : wrong`)
}

/** What axe finds wrong, in a line each. It is there once a page was not loaded anew. */
async function violations(page) {
  const isThere = await page.run('return typeof axe === "object"')
  // Handed over by the driver: the page's policy lets no script in that is not its own.
  if (!isThere) await page.call('POST', '/execute/sync', { script: `${await AXE}; window.axe = axe`, args: [] })
  const { violations, passes } = await page.run(`
    const { violations, passes } = await axe.run(document, { resultTypes: ['violations'] })
    return { violations: violations.map(({ id, impact, nodes }) => ({ id, impact, at: nodes.map((it) => it.target.join(' ') + ': ' + it.any.concat(it.all, it.none).map((it) => it.message).join('; ')) })), passes: passes.length }`)
  assert.ok(passes > 10, 'it has looked')
  return violations.map(({ id, impact, at }) => `${impact} ${id} ${at.join(' | ')}`)
}
