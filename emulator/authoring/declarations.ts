/** Types that carry the names and types of a definition's declarations into the code of its shapes. */
import type { PortDeclaration } from '../orchestration/definition.ts';
import type { Decimal } from '../orchestration/decimal.ts';
import type { VariableValue } from '../orchestration/json.ts';
import type { FieldLocation, FieldValue, MessageType } from '../orchestration/message.ts';
import type { Code, Direction, ExceptionValue, ReadableMessage } from '../orchestration/shapes.ts';

/** What an orchestration declares before its shapes. */
export interface Declarations {
  readonly messages: Readonly<Record<string, MessageType>>;
  /** Initial values; their types are the types of the variables. */
  readonly variables?: Readonly<Record<string, VariableValue>>;
  /** Promoted properties each set consists of. */
  readonly correlationSets?: Readonly<Record<string, readonly string[]>>;
  readonly ports: Readonly<Record<string, PortDeclaration>>;
  /** Transactional scopes may be nested in it. */
  readonly longRunning?: boolean;
  /**
   * How long a `longRunning` one may take from its start: ms, or `{ at: UTC ms }`; 0 is no time-out. Then it gets a `TimeoutException`, which
   * nobody in it handles: it is suspended, or the exception comes to who called it.
   */
  readonly timeout?: number | Code<number | { readonly at: number }>;
  /**
   * It is called or started by other orchestrations, and gets or gives these of its messages, variables, correlation sets and ports; `{}` when
   * it gets nothing. No message activates it.
   */
  readonly parameters?: Readonly<Record<string, Direction>>;
}

/** What a scope declares: variables, messages, correlation sets; `undefined` where it declares none. */
export type Variables = Declarations['variables'];
export type Messages = Declarations['messages'] | undefined;
export type Sets = Declarations['correlationSets'];

/** Declarations with those of a scope. */
export type WithOwn<D extends Declarations, V extends Variables, M extends Messages = undefined, C extends Sets = undefined> = D &
  Own<'variables', V> &
  Own<'messages', M> &
  Own<'correlationSets', C>;

type Own<K extends string, T> = T extends object ? { readonly [P in K]: T } : unknown;

/** The names of one kind of declaration. */
export type Names<T> = T extends object ? keyof T & string : never;

/** Ports with a direction; two-way ones have both. */
export type PortNames<P extends Declarations['ports'], Use extends 'receive' | 'send'> = {
  [K in keyof P & string]: P[K]['direction'] extends Use ? K : P[K]['twoWay'] extends true ? K : never;
}[keyof P & string];

/** Request-response ports. */
export type TwoWayNames<P extends Declarations['ports']> = {
  [K in keyof P & string]: P[K]['twoWay'] extends true ? K : never;
}[keyof P & string];

/** The type of a variable that starts with a value of type `T`: `0` makes a number, not a zero. */
export type Widened<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends boolean
      ? boolean
      : T extends Decimal
        ? Decimal
        : T extends readonly (infer Element)[]
          ? ([Element] extends [never] ? VariableValue : Widened<Element>)[]
          : T extends object
            ? { -readonly [K in keyof T]: Widened<T[K]> }
            : T;

interface FieldTypes {
  readonly string: string;
  readonly number: number;
  readonly decimal: Decimal;
  readonly boolean: boolean;
}

type FieldsOf<M extends MessageType> = M['promoted'] & M['distinguished'];
type ValueOf<L> = L extends FieldLocation ? FieldTypes[L['type']] : FieldValue;

/** A message whose declared fields are known by name and type. */
export interface TypedMessage<M extends MessageType> extends ReadableMessage {
  /** Value of a promoted property or distinguished field; `undefined` when the body does not have it, or has it without a value. */
  field<N extends Names<FieldsOf<M>>>(name: N): ValueOf<FieldsOf<M>[N]> | undefined;
}

/** What code in a shape sees, with the names of this definition. */
export interface TypedScope<D extends Declarations> {
  /** May be changed; values have to survive JSON, decimals do. A name that is not declared is refused. */
  readonly variables: { -readonly [K in keyof D['variables']]: Widened<D['variables'][K]> };
  /** Messages that were received or constructed, read-only; reading one that has no value yet throws. */
  readonly messages: { readonly [K in keyof D['messages']]: TypedMessage<D['messages'][K]> };
  /** The exception being handled; only inside an exception handler. */
  readonly exception?: ExceptionValue;
  /** True when a nested transaction has committed. */
  readonly succeeded: (transaction: string) => boolean;
  readonly instanceId: string;
  /** The MessageBox's clock, ms since 1970: the only clock to use, or a rerun takes other ways. */
  readonly now: number;
  /** Writes a line (at most 8 KB) to the log of the host instance. Nothing is saved of it; what runs again writes it again. */
  readonly log: (text: string, ...values: readonly unknown[]) => void;
}

/** Code of a shape. It runs at once; a Promise is an error. */
export type TypedCode<D extends Declarations, T> = (scope: TypedScope<D>) => T;
