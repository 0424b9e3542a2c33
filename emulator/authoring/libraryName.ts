/** The name user modules import the authoring library by. */
export const LIBRARY_NAME = 'scaled-out-hosts';
