/** The part of the error catalogue (errorCatalogue.ts) about messages and the ways they come in and go out. */
export const messageErrors = {
  'message.malformed': {
    message: 'The {format} message is malformed at line {line}, column {column}: {reason}',
    next: 'Correct the message at its source and send it again; this copy is kept as suspended.',
    retry: false,
  },
  'message.encodingUnsupported': {
    message: 'The message is in the encoding "{encoding}", which is not supported.',
    next: 'Send it in UTF-8, UTF-16, UTF-32, or a code page such as ISO-8859-1, windows-1252, Shift_JIS or GB18030, and say so in its declaration.',
    retry: false,
  },
  'message.encodingContradiction': {
    message: 'The message says that it is in "{declared}", but its bytes are in "{found}".',
    next: 'Write the encoding that it is really in into the XML declaration or the charset, or leave it out for UTF-8.',
    retry: false,
  },
  'message.doctype': {
    message: 'The XML message has a DOCTYPE at line {line}; document types are refused.',
    next: 'Remove the DOCTYPE from the message.',
    retry: false,
  },
  'message.routingFailure': {
    message: 'No subscription matches the message of type "{type}", so it is suspended.',
    next: 'Start an orchestration or send port that subscribes to it, then resume the message.',
    retry: false,
  },
  'message.notRouted': {
    message: 'Nobody subscribes to the message of type "{type}" that "{shape}" sends.',
    next: 'Start an orchestration or send port that subscribes to it, then resume the instance that sends it. This report of it can be terminated.',
    retry: false,
  },
  'message.badValue': {
    message: 'Field "{field}" of message type "{type}" holds "{value}", which is not a {expected}.',
    next: 'Correct the message at its source, or declare the field as a string in messageTypes.',
    retry: false,
  },
  'message.inexactNumber': {
    message:
      'Field "{field}" of message type "{type}" holds {value}, which a number of JavaScript would change; declared as decimal or string it stays as it is.',
    next: 'Declare the field as decimal (28 digits) or string.',
    retry: false,
  },
  'message.wrongType': {
    message: 'The body given to a message of type "{expected}" is of another type: {found}.',
    next: 'Write a body of the declared type in the Construct, or declare the message with the type of the body.',
    retry: false,
  },
  'message.ambiguousType': {
    message: 'The JSON message may be a "{type}" or a "{other}": the members it has ({members}) speak as much for one as for the other.',
    next: 'Name what tells them apart: "members" in the messageType of the module, or under messageTypes in cluster.json. Then send it again.',
    retry: false,
  },
  'message.reservedProperty': {
    message: 'Message type "{type}" promotes a property "{property}", a name that is reserved.',
    next: 'Give the promoted property another name.',
    retry: false,
  },
  'message.badPath': {
    message: 'The path "{path}" of field "{field}" in message type "{type}" is not valid: {reason}',
    next: 'Write an XPath 1.0 expression with declared prefixes for XML, a JSON pointer such as /order/id for JSON.',
    retry: false,
  },
  'message.promotedTooLong': {
    message: 'Promoted property "{property}" has {length} characters, over the limit of {limit}.',
    next: 'Make it a distinguished field: these have no limit, but cannot be routed on.',
    retry: false,
  },
  'message.tooLarge': {
    message:
      'The {format} message is too large: it goes beyond limits.{setting} of the group, which is {limit}, at line {line}, column {column}.',
    next: 'Split the message, or raise limits.{setting} in cluster.json.',
    retry: false,
  },
  'message.pathTooCostly': {
    message: 'A path of its type would take more than {steps} steps on this message.',
    next: 'Use plain paths (/Order/Id, or steps with local-name() and namespace-uri()), or fewer // and axes.',
    retry: false,
  },
  'message.unreadable': {
    message: 'The message could not be read: {reason}',
    next: 'Split the message, or lower the limits of cluster.json so that it is refused before it is read.',
    retry: false,
  },
  'receive.portTaken': {
    message: 'Receive location "{location}" cannot listen on port {port}: another program uses it.',
    next: 'Stop that program, or set another port (0 = any free one) in cluster.json.',
    retry: false,
  },
  'receive.folderUnusable': {
    message: 'Receive location "{location}" cannot use the folder {folder}: {reason}',
    next: 'Check the folder and its permissions; its path is set in cluster.json.',
    retry: false,
  },
  'receive.empty': {
    message: 'Receive location "{location}" does not take {file}: it is empty.',
    next: 'Fill it or remove it: it is taken as soon as it has content.',
    retry: true,
  },
  'receive.hidden': {
    message: 'Receive location "{location}" does not take {file}: its name begins with a dot, as names of unfinished files do.',
    next: 'Rename it when it is complete.',
    retry: false,
  },
  'receive.unmatched': {
    message: 'Receive location "{location}" does not take {file}: its name does not match the mask {mask}.',
    next: 'Rename it, or change the mask in cluster.json.',
    retry: false,
  },
  'receive.nameTooLong': {
    message: 'Receive location "{location}" does not take {file}: its name has {length} bytes, over the limit of {limit} bytes.',
    next: 'Give it a shorter name.',
    retry: false,
  },
  'receive.nameNotText': {
    message: 'Receive location "{location}" does not take {file}: its name is not UTF-8.',
    next: 'Rename it.',
    retry: false,
  },
  'receive.folder': {
    message: 'Receive location "{location}" does not take {file}: it is a folder.',
    next: 'Move the files in it up into the receive folder; folders in it are not looked into.',
    retry: false,
  },
  'receive.link': {
    message: 'Receive location "{location}" does not take {file}: it is a symbolic link, and links are not followed.',
    next: 'Put the file itself into the folder.',
    retry: false,
  },
  'receive.notAFile': {
    message: 'Receive location "{location}" does not take {file}: it is no regular file.',
    next: 'Remove it from the folder.',
    retry: false,
  },
  'receive.cannotTake': {
    message: 'Receive location "{location}" cannot take {file}: {reason}',
    next: 'Close the program that has it open, or give the permission to move it; it is tried again.',
    retry: true,
  },
  'receive.tooLarge': {
    message:
      'Receive location "{location}": {file} is too large: it has {size} bytes, over the limit of {limit} bytes. It was moved to {target}.',
    next: 'Split it, or raise limits.messageBytes in cluster.json and put it into the folder again.',
    retry: false,
  },
  'receive.movedAside': {
    message: 'Receive location "{location}": {file} cannot become a message: {reason} It was moved to {target}.',
    next: 'Correct the cause, then put it into the folder again.',
    retry: false,
  },
  'receive.grew': {
    message:
      'Receive location "{location}": somebody went on writing {file} after it had been submitted, so the whole file is submitted again.',
    next: 'Look for a message with the incomplete content. Write files under another name and rename them, or set settleMs to more than the writer pauses.',
    retry: false,
  },
  'receive.folderTrouble': {
    message: 'Receive location "{location}" cannot look into the folder {folder}: {reason}',
    next: 'Check the folder and its permissions; it is tried again.',
    retry: true,
  },
  'send.badFileName': {
    message: 'Send port "{port}": the file name "{fileName}" is not usable: {reason}',
    next: 'Use a plain file name with the macros %MessageID%, %SourceFileName% and %datetime%.',
    retry: false,
  },
  'send.unknownMacro': {
    message: 'Send port "{port}": there is no macro {macro} for the file name "{fileName}".',
    next: 'Use %MessageID%, %SourceFileName% and %datetime%.',
    retry: false,
  },
  'send.failed': {
    message: 'Send port "{port}" could not deliver to {address}: {reason}',
    next: 'Correct the cause and resume the instance.',
    retry: true,
  },
  'send.nameTaken': {
    message: 'Send port "{port}" could not deliver to {address}: there is a file of this name with other content.',
    next: 'Move that file elsewhere, then resume the instance.',
    retry: true,
  },
} as const;
