// Elements without markup: whatever a peer says becomes text, and never anything else.

/** An element with properties, attributes (names with a dash, and `role`) and children. */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(properties)) {
    if (key === 'class') element.className = value
    else if (key.startsWith('on')) element.addEventListener(key.slice(2), value)
    else if (key.includes('-') || key === 'role') element.setAttribute(key, value)
    else element[key] = value
  }
  element.append(...children)
  return element
}

/** An icon of the page's own. */
export function icon(name) {
  const space = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(space, 'svg')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  const use = document.createElementNS(space, 'use')
  use.setAttribute('href', `#icon-${name}`)
  svg.append(use)
  return svg
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text
}

export function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name)
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}

export function show(element, isShown) {
  if (element.hidden === isShown) element.hidden = !isShown
}

/** Draws a list anew; if what had the focus goes, the focus goes to what is next to it, or to `otherwise`. */
export function keepingFocus(list, otherwise, draw) {
  const { activeElement: active } = document
  if (!list.contains(active)) return draw()
  const row = active.closest('li')
  const near = [row, row.nextElementSibling, row.previousElementSibling]
  draw()
  if (active.isConnected && active.offsetParent) return
  const buttons = (row) => Array.from(row.querySelectorAll('button, a[href]')).filter((it) => it.offsetParent)
  // Of a row, the last: it stops or removes, as what was pressed did.
  const next = near.filter((it) => it?.isConnected).map((it) => buttons(it).pop()).find(Boolean) ?? otherwise
  next.focus({ preventScroll: next === otherwise })
}

/**
 * Makes the children of a list those of so many things, in order. An element stays with its thing as long
 * as that is there, so that neither focus nor a screen reader loses its place.
 */
export function keyed(parent, things, keyOf, make, patch) {
  const known = new Map(Array.from(parent.children, (child) => [child.key, child]))
  let before = null
  for (const thing of things) {
    const key = keyOf(thing)
    let child = known.get(key)
    if (!child) {
      child = make(thing)
      child.key = key
    }
    known.delete(key)
    const place = before ? before.nextSibling : parent.firstChild
    if (child !== place) parent.insertBefore(child, place)
    patch(child, thing)
    before = child
  }
  for (const gone of known.values()) gone.remove()
}
