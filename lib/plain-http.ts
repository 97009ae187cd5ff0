/** Whether what is sent to a URL crosses a network in plain text. */
export function isPlainHttp (url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && !isLoopback(hostname)
}

/** Whether a host name always means this machine, so that plain http does not cross a network. */
export function isLoopback (hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]') return true
  // WHATWG URLs write every spelling of an IPv4 address as four decimal numbers.
  const parts = hostname.split('.')
  return parts.length === 4 && parts[0] === '127' && parts.every((part) => /^\d{1,3}$/.test(part))
}
