// What the page uses of the three packages; `./make` turns it into `noble.js`.
export { xchacha20poly1305 } from '@noble/ciphers/chacha.js'
export { ed25519, x25519 } from '@noble/curves/ed25519.js'
export { hkdf, expand } from '@noble/hashes/hkdf.js'
export { scryptAsync } from '@noble/hashes/scrypt.js'
export { sha256 } from '@noble/hashes/sha2.js'
