/** What user modules import as 'scaled-out-hosts'. */
export {
  type Body,
  orchestration,
  type ReceiveOptions,
  type RequestOptions,
  type RespondOptions,
  type ScopeOptions,
  type SendOptions,
  type ShapeBuilder,
} from './builder.ts';
export {
  decimal,
  flag,
  messageType,
  number,
  receivePort,
  requestResponsePort,
  sendPort,
  xml,
  type DeclaredMessageType,
} from './messageType.ts';
export { RetryTransactionException } from './exceptions.ts';
export { Decimal, type DecimalSource } from '../orchestration/decimal.ts';
export type { Declarations, TypedCode, TypedMessage, TypedScope } from './declarations.ts';
export type { OrchestrationDefinition } from '../orchestration/definition.ts';
export type { Json, VariableValue } from '../orchestration/json.ts';
export type { MessageType } from '../orchestration/message.ts';
export type { Assignment, ExceptionValue, Shape } from '../orchestration/shapes.ts';
