export { eventIdOf, type EventPlace } from './event-id.ts'
export { DEFAULT_LIMITS, type DeliverLimits } from './limits.ts'
export {
  type Attempt,
  deliverySecret,
  type DeliverySummary,
  deliverySummary,
  type EventStatus,
  type EventSummary,
  findEvent,
  listAttempts,
  listEvents,
  type ListEventsOptions,
} from './queries.ts'
export { enableDelivery, resendEvents, type ResendRequest } from './resend.ts'
export { type ChangeIdentity, spanIdOf, traceIdOf, traceparentOf } from './trace-context.ts'
export { USER_AGENT, WebhookStage, type WebhookStageOptions } from './webhook-stage.ts'
