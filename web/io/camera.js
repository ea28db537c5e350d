// The camera, where the browser lets a page have one: which there are, the live picture, and a photo of it.

/** Whether there may be one: pages on plain http have none. */
export const mayHaveCamera = () => window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia)

/** Of photos that are taken from the live picture. */
const QUALITY = 0.92

export class Camera {
  #video
  #lost
  #stream = null
  #facing = 'environment'
  #device = null

  /** Shows what it sees in this element; tells `lost` with a sentence if it ends by itself. */
  constructor(video, lost) {
    this.#video = video
    this.#lost = lost
  }

  get isOn() {
    return this.#stream !== null
  }

  /** What the one that is on can do: `{ torch, zoom: { min, max, step, value } | null, several, facing }`. */
  async abilities() {
    const track = this.#track
    const can = track?.getCapabilities?.() ?? {}
    const set = track?.getSettings?.() ?? {}
    const devices = await navigator.mediaDevices.enumerateDevices().catch(() => [])
    const zooms = typeof can.zoom?.max === 'number' && can.zoom.max > can.zoom.min
    return {
      torch: can.torch === true,
      zoom: zooms ? { min: can.zoom.min, max: can.zoom.max, step: can.zoom.step || 0.1, value: set.zoom ?? can.zoom.min } : null,
      several: devices.filter((it) => it.kind === 'videoinput').length > 1,
      isMirrored: (set.facingMode ?? this.#facing) === 'user',
    }
  }

  /** Turns it on. Fails with a sentence that says what to do. */
  async start() {
    const which = this.#device ? { deviceId: { exact: this.#device } } : { facingMode: this.#facing }
    const video = { ...which, width: { ideal: 3840 }, height: { ideal: 2160 } }
    this.stop()
    let stream
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video, audio: false })
    } catch (error) {
      throw new Error(SENTENCES[error?.name] ?? 'the camera does not start: choose a photo instead')
    }
    this.#stream = stream
    this.#track.onended = () => {
      this.stop()
      this.#lost('the camera was unplugged, or taken away: choose a photo, or try again')
    }
    this.#video.srcObject = stream
    await this.#video.play().catch(() => {})
  }

  stop() {
    for (const track of this.#stream?.getTracks() ?? []) track.stop()
    this.#stream = null
    this.#video.srcObject = null
  }

  /** The other one: front or back where the browser knows them, else the next. */
  async turn() {
    const devices = await navigator.mediaDevices.enumerateDevices()
    const cameras = devices.filter((it) => it.kind === 'videoinput')
    const { facingMode, deviceId } = this.#track?.getSettings?.() ?? {}
    if (facingMode && this.#device === null) this.#facing = facingMode === 'environment' ? 'user' : 'environment'
    else {
      const at = cameras.findIndex((it) => it.deviceId === deviceId)
      this.#device = cameras[(at + 1) % cameras.length]?.deviceId ?? null
    }
    await this.start()
  }

  setTorch(on) {
    return this.#track?.applyConstraints({ advanced: [{ torch: on }] })
  }

  setZoom(zoom) {
    return this.#track?.applyConstraints({ advanced: [{ zoom }] })
  }

  /** A photo of what is seen now, as JPEG: `{ blob, dimensions }`. */
  async snap() {
    const { videoWidth: width, videoHeight: height } = this.#video
    if (!width) throw new Error('the camera shows nothing yet: wait a moment')
    const canvas = document.createElement('canvas')
    Object.assign(canvas, { width, height })
    canvas.getContext('2d').drawImage(this.#video, 0, 0)
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY))
    if (!blob) throw new Error('this browser made no photo of it: choose one instead')
    return { blob, dimensions: { width, height } }
  }

  get #track() {
    return this.#stream?.getVideoTracks()[0]
  }
}

const SENTENCES = {
  NotAllowedError: 'the camera is not allowed here: allow it in the browser’s settings for this page, or choose a photo',
  NotFoundError: 'there is no camera here: choose a photo instead',
  NotReadableError: 'the camera is in use by another program: close it, then try again',
  OverconstrainedError: 'that camera is gone: choose another',
  SecurityError: 'this browser gives pages no camera: choose a photo instead',
}
