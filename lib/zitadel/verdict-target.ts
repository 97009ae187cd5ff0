/** The verdicts that a forget or a doubt applies to. */
export type VerdictTarget =
  | { readonly all: true }
  /** SHA-256 of a token, and its `jti` if that is known. */
  | { readonly key: string, readonly jti?: string | undefined }
  | { readonly sub: string }
  | { readonly jti: string }
  /** The session in which ZITADEL issued the tokens: the part of a `jti` before `-at_`, or a claim `sid`. */
  | { readonly session: string }

/** What can be doubted: everything that can be forgotten, but no single token, because no event names one. */
export type DoubtTarget = Exclude<VerdictTarget, { readonly key: string }>

/** A target that does not apply to all verdicts. */
export type NamedTarget = Exclude<VerdictTarget, { readonly all: true }>

export function getTargetKind (target: DoubtTarget): 'all' | 'sub' | 'session' | 'jti' {
  return Object.keys(target)[0] as 'all' | 'sub' | 'session' | 'jti'
}
