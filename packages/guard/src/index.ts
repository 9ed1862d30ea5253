export { Door, type DoorAddress, type DoorOptions, type DoorRequest, type DoorResponse } from './door.ts'
