// Who has no pointer, or does not see the page: everything is done with keys alone, and told in words.
//
// Run with `node --test web/tests/browser/keys.js`.
import assert from 'node:assert/strict'
import { PNG, file, story, world } from './story.js'

const KEYS = { Tab: '\uE004', Enter: '\uE007', Escape: '\uE00C', Space: ' ' }

function press(page, ...keys) {
  const actions = keys.flatMap((key) => ['keyDown', 'keyUp'].map((type) => ({ type, value: KEYS[key] ?? key })))
  return page.call('POST', '/actions', { actions: [{ type: 'key', id: 'keys', actions }] })
}

/** Where the keys go: an id, or what it is called; `body` if nowhere. */
const focused = (page) => page.run(`const it = document.activeElement
  return it === document.body ? 'body' : it.id || it.getAttribute('aria-label') || it.textContent`)

/** Presses Tab until the keys go there; what was passed on the way. Where they go, people see. */
async function tabTo(page, selector) {
  const passed = []
  for (let at = 0; at < 30; at++) {
    await press(page, 'Tab')
    const { is, outline, area } = await page.run(`const it = document.activeElement
      const seen = it.matches('.over') ? it.closest('label') : it
      const { width, height } = seen.getBoundingClientRect()
      const { outlineStyle, outlineWidth } = getComputedStyle(seen)
      return { is: it.matches(args[0]), outline: outlineStyle === 'none' ? 0 : parseFloat(outlineWidth), area: width * height }`, selector)
    const where = await focused(page)
    assert.ok(where === 'body' || (outline >= 2 && area > 0), `nobody sees that the keys go to ${where}`)
    if (is) return passed
    passed.push(where)
  }
  throw new Error(`no Tab leads to ${selector}, but to ${passed.join(', ')}`)
}

/** Waits until what is read out says this: a part of the page that is live, and not hidden. */
const hear = (page, text) => page.until(`return Array.from(document.querySelectorAll('[role=status], [role=alert], [aria-live]'))
  .some((it) => it.checkVisibility() && it.textContent.includes(${JSON.stringify(text)}))`, `is read out: ${text}`)

story('with keys alone: a room is joined, a photo chosen, sent and looked at', async () => {
  const ann = await world.browser({ name: 'Ann' })
  await ann.go('about:blank')
  await ann.go(world.page.url + '/')
  await ann.see('Join a room')
  await tabTo(ann, '#words')
  await press(ann, ...'crane velvte', 'Enter')
  await hear(ann, '“velvte” is not on the list: velvet?')
  assert.equal(await focused(ann), 'words')
  await ann.run('document.querySelector("#words").select()')
  await press(ann, ...world.words.replaceAll('-', ' '), 'Enter')
  await hear(ann, 'Nobody else is here yet')

  const bob = await world.browser({ name: 'Bob' })
  await hear(ann, 'Bob is here for the first time')
  await ann.run('document.activeElement.blur()')
  const passed = await tabTo(ann, '#photo')
  assert.deepEqual(passed.filter((it) => it !== 'body').slice(-4), ['invite-open', 'camera-start', 'files', 'capture'], 'as it is seen')
  await ann.run(`document.querySelector('#photo').addEventListener('click', (event) => {
    event.preventDefault()
    window.isChoosing = true
  }, { once: true })`)
  await press(ann, 'Enter')
  await ann.until('return window.isChoosing === true', 'a file is to be chosen')
  const path = await file('rack.png', PNG)
  await ann.type('#photo', path)
  await ann.until('return document.activeElement.id === "send"', 'the keys go to Send')
  await press(ann, 'Enter')
  await hear(ann, 'rack.png reached Bob')
  await hear(bob, 'rack.png from Ann')
  await ann.until('return document.activeElement.id === "capture"', 'the keys are where the next is taken')

  await bob.until('return document.querySelector("#trail canvas")', 'the photo')
  await tabTo(bob, '#trail .thumb')
  await press(bob, 'Enter')
  await bob.until('return document.querySelector("#viewer-picture").naturalWidth === 2', 'the picture, large')
  assert.equal(await bob.run('return document.querySelector("#viewer").contains(document.activeElement)'), true)
  assert.equal(await bob.run('return document.querySelector("#viewer-picture").alt'), 'rack.png')
  await press(bob, 'Escape')
  await bob.until('return !document.querySelector("#viewer").open')
  assert.equal(await focused(bob), 'See rack.png large')
  await press(bob, 'w')
  await tabTo(bob, '#leave')
  await press(bob, 'Enter')
  await hear(ann, 'Bob left')
  await ann.close()
  await bob.close()
})

story('with keys alone: what is offered is answered, and the keys do not get lost with what goes', async () => {
  const ann = await world.browser({ name: 'Ann' })
  const bob = await world.browser({ name: 'Bob' })
  await hear(ann, 'Bob is here')
  await hear(bob, 'Ann is here')
  await ann.choose('#files', { name: 'plan.pdf', type: 'application/pdf', size: 5000 })
  await hear(bob, 'Ann offers plan.pdf')
  await tabTo(bob, '#incoming .plain')
  await press(bob, 'Enter')
  await hear(ann, 'plan.pdf to Bob was declined')
  assert.equal(await focused(bob), 'take', 'the list is empty')
  await ann.choose('#files', { name: 'minutes.pdf', type: 'application/pdf', size: 5000 })
  await hear(bob, 'Ann offers minutes.pdf')
  await tabTo(bob, '#incoming .primary')
  await press(bob, 'Enter')
  await hear(bob, 'minutes.pdf from Ann')
  await hear(ann, 'minutes.pdf reached Bob')
  assert.notEqual(await focused(bob), 'body')
  await tabTo(ann, '[aria-label="Remove plan.pdf from here"]')
  await press(ann, 'Enter')
  await ann.until('return document.querySelectorAll("#trail li").length === 1')
  assert.equal(await focused(ann), 'Remove minutes.pdf from here', 'what is next to it')
  await ann.close()
  await bob.close()
})

story('with keys alone: past what is at the top, to the camera, and out of what stands before the room', async () => {
  const page = await world.browser({ name: 'Ann' })
  await hear(page, 'Nobody else is here yet')
  await tabTo(page, '.skip')
  await press(page, 'Enter')
  await page.until('return document.activeElement.id === "take"', 'the keys go to the camera')
  await tabTo(page, '#capture')
  assert.equal(await page.run('return location.hash'), `#${world.words}`, 'it is the same room')
  for (const [key, dialog] of [['w', 'who'], ['i', 'invite']]) {
    await press(page, key)
    await page.until(`return document.querySelector('#${dialog}').open`)
    await press(page, 'Escape')
    await page.until(`return !document.querySelector('#${dialog}').open`)
    assert.equal(await focused(page), 'capture', 'the keys are where they were')
  }
  await page.close()
})
