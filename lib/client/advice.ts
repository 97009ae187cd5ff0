/** What an operator should check when ZITADEL's answer is none, by its status. */
export function getStatusAdvice (status: number): string {
  if (status === 429) return "check ZITADEL's quota and the rate limit in front of it; the option \"limits.perSecond\" keeps below one"
  if (status >= 500) return 'check ZITADEL and what stands in front of it'
  return 'check that it is ZITADEL that answers at "issuer" or "address", and no proxy, firewall or login page in its place'
}

const ADVICE: ReadonlyArray<readonly [codes: RegExp, advice: string]> = [
  [/ENOTFOUND|EAI_/, 'check the name in "issuer" or "address", and the name server of this machine'],
  [/ECONNREFUSED/, 'check that ZITADEL runs, and listens at "issuer" or "address"'],
  [/CERT|SIGNATURE|ERR_SSL|ERR_TLS/, "check ZITADEL's certificate; a private authority goes into the option \"dispatcher\" or the variable NODE_EXTRA_CA_CERTS"],
  [/ANSWER_TOO_LARGE/, 'it had more than 1 MiB: check that it is ZITADEL that answers, and the metadata of its users']
]

/** The same where there is no answer at all, by the code of the error that came in its place. */
export function getCodeAdvice (code: string): string {
  return ADVICE.find(([codes]) => codes.test(code))?.[1] ?? 'check ZITADEL, what stands in front of it, and the network between'
}
