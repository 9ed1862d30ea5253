/**
 * Values that are secret are references (`env('NAME')`, `file('/run/secrets/x')`), resolved at the last
 * moment by `guard` (law 10), and resolved again at each connection, so that they may be rotated.
 */
export type SecretReference = { readonly secret: 'env'; readonly name: string } | { readonly secret: 'file'; readonly path: string }
