// A browser at the page of a room, wherever this runs, such as behind a router: it hands a photo to the one who is
// there, reached in the way that is said, and takes one of whoever comes next, whose digest it prints.
//
//   node tests/stories/world/page.mjs LINK NAME HOW PHOTO NEXT
import { startDriver } from '../../../web/tests/browser/driver.js'
import { here, reached } from '../../../web/tests/browser/scenes.js'
import { readDigest } from '../../../web/tests/browser/world.js'

const [link, name, how, photo, next] = process.argv.slice(2)
const driver = await startDriver()
try {
  const page = await driver.open()
  await page.go(link)
  await here(page, name)
  await reached(page, how)
  await page.type('#capture', photo)
  await page.click('#send')
  await page.see(`✓ ${name}`)
  const came = `#trail a[download=${JSON.stringify(next)}]`
  await page.until(`return document.querySelector(${JSON.stringify(came)})`, next, 60_000)
  console.log(await readDigest(await page.download(came)))
} finally {
  await driver.close()
}
