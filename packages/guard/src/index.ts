export { Door, type DoorAddress, type DoorOptions, type DoorRequest, type DoorResponse } from './door.ts'
export type { DoorStream } from './door-stream.ts'
export { describeReference, resolveSecret } from './secret.ts'
