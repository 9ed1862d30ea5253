export {
  type ColumnDifference,
  type CompareOptions,
  compareRelations,
  type Comparison,
  type Row,
  type RowDifference,
} from './compare-relations.ts'
export { type CopyDifference, type CopyProof, type CopyProofRequest, proveCopy } from './prove-copy.ts'
export type { Proof, ProofDifference } from './proof.ts'
export { mismatchOf, proveModel, type ProofRequest, type ProvenModel } from './prove-model.ts'
export { proveInThread, type ThreadProofRequest } from './prove-in-thread.ts'
