/**
 * What became of a logical thread: it went on; it waits; it is gone, joined or stopped, so that the others have to be looked at again; the
 * instance has to be saved; a shape has to be announced; a body has to be read elsewhere.
 */
export type Move = 'on' | 'wait' | 'gone' | 'persist' | 'about' | 'promote';
