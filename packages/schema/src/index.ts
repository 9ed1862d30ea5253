export { compareSchemas, describeFindings, type SchemaFinding, type SchemaVerdict } from './compatibility.ts'
export { holdsEveryValueOf } from './wider-type.ts'
