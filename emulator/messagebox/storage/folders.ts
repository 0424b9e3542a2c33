/** Folder of the MessageBox inside a data folder. */
export const MESSAGE_BOX_FOLDER = 'messagebox';
