// Keeps the screen on while files are under way, where the browser allows it.

let lock = null
let wanted = false

export async function keepAwake(isBusy) {
  if (isBusy === wanted) return
  wanted = isBusy
  await hold()
}

async function hold() {
  if (!wanted) {
    lock?.release()
    lock = null
  } else if (navigator.wakeLock && document.visibilityState === 'visible' && (lock === null || lock.released)) {
    lock = await navigator.wakeLock.request('screen').catch(() => null)
  }
}

// It is given up whenever the page is out of sight.
document.addEventListener('visibilitychange', () => hold())
