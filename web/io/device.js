// What this page runs on, for others to see beside the name.

/** `phone` or `browser`. */
export function device({ userAgentData, userAgent } = navigator) {
  const isPhone = userAgentData?.mobile ?? /iPhone|Android.*Mobile|Mobile.*Firefox/.test(userAgent)
  return isPhone ? 'phone' : 'browser'
}
