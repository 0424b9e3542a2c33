import type { CommandId } from '../commandIds.ts';

/** What a command does. It gets what VS Code passes: a tree item and the selection, a URI, or nothing. */
export type Handler = (...parameters: unknown[]) => Promise<unknown>;

/** The part of the command table whose ids start with one of these areas. */
export type HandlersOf<Area extends string> = Record<Extract<CommandId, `scaledOutHosts.${Area}.${string}`>, Handler>;
