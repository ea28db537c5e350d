// Randomness, which a page has on plain http too.
export const random = (length) => crypto.getRandomValues(new Uint8Array(length))
export const randomU32 = () => crypto.getRandomValues(new Uint32Array(1))[0]
