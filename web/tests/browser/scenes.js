// What a page looks like at each step of its way, so that each can be looked at: by axe, and by people.

/** The sizes and colours in which each is looked at; the odd ones are a phone that is turned, and large letters. */
export const LOOKS = [
  ...[[360, 740], [1280, 800]].flatMap(([width, height]) =>
    [false, true].map((isDark) => ({ width, height, isDark, name: `${width}x${height}-${isDark ? 'dark' : 'light'}` }))),
  { width: 740, height: 360, isOdd: true, name: 'turned' },
  { width: 360, height: 740, letters: '200%', isOdd: true, name: 'letters' },
]

export async function wear(page, { width, height, isDark = false, letters = '' }) {
  await page.run('document.documentElement.style.fontSize = args[0]', letters)
  await page.cdp('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: Math.min(width, height) < 600 })
  await page.cdp('Emulation.setEmulatedMedia', {
    features: [{ name: 'prefers-color-scheme', value: isDark ? 'dark' : 'light' }, { name: 'prefers-reduced-motion', value: 'reduce' }],
  })
}

/** Hands the page a photo of a landscape, with `grain` as cameras have it, as if a person had taken or chosen it. */
export function choosePhoto(page, selector, { name = 'image.jpg', width = 1920, height = 1080, hue = 200, grain = 0 } = {}) {
  return page.run(`
    const { name, width, height, hue, grain } = args[1]
    const canvas = Object.assign(document.createElement('canvas'), { width, height })
    const pen = canvas.getContext('2d')
    const sky = pen.createLinearGradient(0, 0, 0, height)
    sky.addColorStop(0, 'hsl(' + hue + ' 60% 72%)')
    sky.addColorStop(1, 'hsl(' + (hue + 160) + ' 70% 88%)')
    pen.fillStyle = sky
    pen.fillRect(0, 0, width, height)
    pen.fillStyle = 'hsl(45 90% 88%)'
    pen.arc(width * 0.72, height * 0.3, height * 0.09, 0, 7)
    pen.fill()
    for (let at = 0; at < 4; at++) {
      pen.fillStyle = 'hsl(' + (hue + 12 * at) + ' 30% ' + (58 - 12 * at) + '%)'
      pen.beginPath()
      pen.moveTo(0, height)
      for (let x = 0; x <= width; x += 8) {
        const ridge = Math.sin(x / width * (5 + 2 * at) + at) * 0.06 + Math.sin(x / width * 17 + 3 * at) * 0.02
        pen.lineTo(x, height * (0.55 + 0.11 * at + ridge))
      }
      pen.lineTo(width, height)
      pen.fill()
    }
    if (grain > 0) {
      const image = pen.getImageData(0, 0, width, height)
      for (let at = 0; at < image.data.length; at++) image.data[at] += (Math.random() - 0.5) * grain
      pen.putImageData(image, 0, 0)
    }
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.9))
    const data = new DataTransfer()
    data.items.add(new File([blob], name, { type: 'image/jpeg' }))
    const input = document.querySelector(args[0])
    input.files = data.files
    input.dispatchEvent(new Event('change'))
    return blob.size`, selector, { name, width, height, hue, grain })
}

/** Waits until somebody is reached in this way. */
export const reached = (page, how, ms) =>
  page.until(`return document.querySelector('#peers').textContent.includes(${JSON.stringify(how)})`, `it is reached ${how}`, ms)

/** Waits until a peer is here alone, and reached. */
export const here = (browser, name) => browser.until(
  `return document.querySelector('#who-count').textContent === ${JSON.stringify(name)} && document.querySelector('#who-open').matches('.some')`,
  `${name} is here`)

/** Reads what this page sends no faster than a piece in so many milliseconds. */
export function readSlowly(page, ms) {
  return page.run(`const { arrayBuffer } = Blob.prototype
    Blob.prototype.arrayBuffer = async function () {
      await new Promise((resolve) => setTimeout(resolve, args[0]))
      return arrayBuffer.call(this)
    }`, ms)
}

/**
 * Leads a phone on plain http, and a desk with a camera, through a room, and stops at each step: yields
 * `{ name, page }`. What is named `live` moves.
 */
export async function* scenes(world) {
  const phone = await world.browser({ isSecure: false, name: 'Ann' })
  await phone.go('about:blank')
  await phone.go(world.link.replace('127.0.0.1', 'phone.test').split('#')[0])
  await phone.see('Join a room')
  yield { name: 'join', page: phone }
  await phone.type('#words', 'crane velvte or')
  await phone.click('#ask button[type=submit]')
  await phone.until('return document.querySelector("#ask-why").textContent !== ""')
  yield { name: 'join-wrong', page: phone }
  await phone.run('document.querySelector("#words").value = ""')
  await phone.type('#words', 'crane ve')
  await phone.until('return document.querySelector("#completions button")')
  yield { name: 'join-words', page: phone }

  await phone.run('document.querySelector("#words").value = ""')
  await phone.type('#words', `${world.words}\n`)
  await phone.see('Nobody else is here yet')
  yield { name: 'room-empty', page: phone }
  await phone.click('#invite-open')
  await phone.until('return document.querySelector("#invite-qr path").hasAttribute("d")', 'the code')
  yield { name: 'invite', page: phone }
  await phone.click('#invite [data-close]')

  await choosePhoto(phone, '#capture', { width: 1080, height: 1440 })
  await phone.see('Send to whoever comes')
  yield { name: 'held-portrait', page: phone }
  await phone.click('#throw-away')

  const desk = await world.browser({ name: LONG_NAME, hasCamera: true, width: 1280, height: 800 })
  await phone.until('return document.querySelector("#who-open").matches(".some")', 'somebody is here')
  await phone.until('return document.querySelector(".notice")')
  yield { name: 'room-met', page: phone }
  await desk.until('return document.querySelector("#live").videoWidth > 0', 'the live picture')
  yield { name: 'live-camera', page: desk }
  await phone.click('#who-open')
  yield { name: 'who', page: phone }
  await phone.click('#who [data-close]')

  await choosePhoto(desk, '#photo', { name: 'peersnap-20260101-101500.jpg', hue: 20 })
  await desk.click('#send')
  await phone.until('return document.querySelectorAll("#trail canvas").length === 1')
  await choosePhoto(phone, '#capture', { width: 4000, height: 2250 })
  await phone.see('Send to ')
  yield { name: 'held', page: phone }
  await phone.click('#send')
  await phone.see('✓')
  await choosePhoto(desk, '#photo', { name: `${'Whiteboard-of-the-team-'.repeat(6)}.jpg`, width: 1440, height: 1080, hue: 130 })
  await desk.click('#send')
  await phone.until('return document.querySelectorAll("#trail canvas").length === 3')
  yield { name: 'trail', page: phone }
  yield { name: 'trail-desk', page: desk }

  await readSlowly(desk, 700)
  await desk.choose('#files', { name: `Minutes of the meeting about ${'everything and '.repeat(8)}all.pdf`, type: 'application/pdf', size: 48_000_000 })
  await phone.see('take it?')
  yield { name: 'asked', page: phone }
  await phone.click('#incoming .primary')
  await phone.until('return document.querySelector("#incoming progress").value > 0.05', 'some of it')
  yield { name: 'running', page: phone }
  yield { name: 'running-desk', page: desk }
  await phone.until('return document.querySelector("#incoming .acts").checkVisibility()', 'it still runs')

  await phone.click('#trail button.thumb')
  await phone.until('return document.querySelector("#viewer-picture").naturalWidth > 0', 'the picture, large')
  yield { name: 'large', page: phone }
  await phone.click('#viewer [data-close]')
  await phone.click('#incoming [aria-label^=Stop]')
  await desk.see('declined')
  yield { name: 'failed-desk', page: desk }
  world.page.cut()
  await phone.see('lost the server')
  yield { name: 'lost', page: phone }
  world.page.mend()
  await phone.see('back in the room')
  await desk.close()
  await phone.close()
}

const LONG_NAME = 'Maximiliane Wolkenstein-Trostbergerin'
