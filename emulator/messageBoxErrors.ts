/** The part of the error catalogue (errorCatalogue.ts) about the MessageBox and its data folder. */
const REPAIR =
  'Restore the data folder from a backup, make a copy without what is lost (command "repair"), or start with an empty one ("Reset Data"). Nothing was changed.';

export const messageBoxErrors = {
  'messageBox.folderInUse': {
    message: 'Another MessageBox (process {pid}) owns {folder}.',
    next: 'Stop that one first, or use another data folder.',
    retry: false,
  },
  'messageBox.folderInUseElsewhere': {
    message: 'A process on another computer or in another container ("{computer}", process {pid}) uses {folder}.',
    next: 'Stop the group there first, or use another data folder.',
    retry: false,
  },
  'messageBox.claimLost': {
    message:
      'Another process ("{computer}", process {pid}) took over {folder} while this one stood still. This one ends; it acknowledges nothing any more.',
    next: 'Go on with the group that uses the folder now. Never let two containers or computers run a group on one folder.',
    retry: false,
  },
  'messageBox.storageFull': {
    message: 'The disk of {folder} is full. Nothing is lost: receive locations pause, and what cannot be written waits.',
    next: 'Free disk space; the group goes on by itself within seconds.',
    retry: true,
  },
  'messageBox.damaged': {
    message:
      'The journal {file} is damaged at byte {offset} (record {sequence}), and what stood there had been acknowledged, so this is not an interrupted write.',
    next: REPAIR,
    retry: false,
  },
  'messageBox.segmentMissing': {
    message: 'The journal segment {file} is not there any more: records {sequence} to {last}, which were acknowledged, are gone.',
    next: REPAIR,
    retry: false,
  },
  'messageBox.segmentEmptied': {
    message: 'The journal segment {file} was emptied: records {sequence} to {last}, which were acknowledged, are gone.',
    next: REPAIR,
    retry: false,
  },
  'messageBox.segmentCut': {
    message: 'The journal segment {file} was cut at byte {offset}: records {sequence} to {last}, which were acknowledged, are gone.',
    next: REPAIR,
    retry: false,
  },
  'messageBox.segmentUnreadable': {
    message: 'The journal segment {file} cannot be read: {reason}',
    next: 'Check the disk and who may read the file. Nothing was changed.',
    retry: true,
  },
  'messageBox.foreign': {
    message: 'The journal segment {file} is of another journal: its record {sequence} is not the one this folder had.',
    next: REPAIR,
    retry: false,
  },
  'messageBox.badRecord': {
    message: 'Record {sequence} in {file} (byte {offset}) is intact, but cannot be used: {reason}',
    next: REPAIR,
    retry: false,
  },
  'messageBox.snapshotDamaged': {
    message: 'The snapshot {file} cannot be read: {reason}',
    next: REPAIR,
    retry: false,
  },
  'messageBox.snapshotForeign': {
    message:
      'The snapshot {file} (up to record {snapshot}) and the journal are not of one group: the start at record {sequence} is none that the snapshot knows.',
    next: REPAIR,
    retry: false,
  },
  'messageBox.storageFailed': {
    message: 'The MessageBox could not write to {file}: {reason}. It stops, so that nothing is acknowledged that is not on disk.',
    next: 'Free disk space or check the disk; the group goes on from the last acknowledged commit.',
    retry: true,
  },
  'messageBox.ended': {
    message: 'The MessageBox ends whenever it starts: {how}. {text}',
    next: 'Look at supervisor.log in {folder}. "scaled-out-hosts verify" says whether the data is whole.',
    retry: true,
  },
  'messageBox.startHung': {
    message: 'The MessageBox starts and then says nothing for {seconds} s, again and again.',
    next: 'See whether the disk of {folder} answers, and look at supervisor.log there.',
    retry: true,
  },
  'messageBox.folderUnusable': {
    message: 'The data folder {folder} cannot be used: {reason}',
    next: 'Choose a folder you may write to, with --data or in the settings.',
    retry: false,
  },
  'messageBox.messageTooLarge': {
    message: 'A message of {size} bytes is over the limit of {limit} bytes.',
    next: 'Split the message, or keep the content in a file and send its path.',
    retry: false,
  },
  'messageBox.stateTooLarge': {
    message: 'The state of instance {id} has {size} bytes, over the limit of {limit} bytes.',
    next: 'Keep large values in messages instead of variables.',
    retry: false,
  },
  'messageBox.messageUnreadable': {
    message: 'A message for instance {id} cannot be read from the MessageBox: {reason}',
    next: 'Resume the instance; if it happens again, terminate it and send the message again.',
    retry: true,
  },
  'messageBox.tailCut': {
    message:
      'An interrupted write was cut from the journal: {bytes} bytes from byte {offset} of {file} on, record {sequence} and after. Nothing of it had been acknowledged. Instances named in it: {instances}.',
    next: 'What it was about is done again from the last persistence point; there is nothing to do.',
    retry: false,
  },
  'messageBox.unmarked': {
    message:
      'The file {file}, which says how far the journal was acknowledged, is missing or damaged: a loss at the end of the journal would not have been noticed.',
    next: 'Look at the newest instances; the file is written anew.',
    retry: false,
  },
  'messageBox.snapshotReplaced': {
    message: 'The snapshot {file} cannot be read ({reason}); the one before and the journal gave the same state.',
    next: 'The next snapshot replaces it; check the disk.',
    retry: false,
  },
  'messageBox.noData': {
    message: 'There is no data of a MessageBox in {folder}.',
    next: 'Say with --data where the data folder of the group is.',
    retry: false,
  },
  'messageBox.targetInUse': {
    message: '{folder} is there already, and is not empty.',
    next: 'Name a folder that does not exist yet.',
    retry: false,
  },
  'messageBox.targetInside': {
    message: '{folder} is inside the data that is to be copied ({data}).',
    next: 'Name a folder outside of it.',
    retry: false,
  },
  'messageBox.targetFull': {
    message: 'The disk of {folder} is full; nothing of the copy was left there. The data itself was not changed.',
    next: 'Make room on the disk, or name a folder on another one.',
    retry: true,
  },
  'messageBox.targetUnwritable': {
    message: 'The folder {folder} cannot be made: {reason}',
    next: 'Name a folder in a place that you may write to.',
    retry: false,
  },
  'messageBox.copyFailed': {
    message: 'The copy in {folder} could not be made: {reason}. Nothing of it was left, and the data itself was not changed.',
    next: 'Check the disk and who may read the data, then try again.',
    retry: true,
  },
  'messageBox.resetFailed': {
    message: 'The data in {folder} could not be deleted: {reason}',
    next: 'Check who uses the files there, then delete the data again.',
    retry: true,
  },
  'messageBox.bodyUnreadable': {
    message: 'The body {hash} of a message cannot be read: {reason}',
    next: 'Restore the file bodies/{hash} of the data folder from a backup, then resume the instance.',
    retry: false,
  },
  'messageBox.protocol': {
    message: 'A frame was not understood: {reason}',
    next: 'Use the same version of scaled-out-hosts in all processes of the group.',
    retry: false,
  },
} as const;
