// What the page itself says; everything else that a person reads comes from the desk.

const CN = {
  skip: '跳到输入框', leave: '退出', conversation: '对话', messages: '消息', older: '看更早的消息',
  typing: '正在回复', newer: '有新消息 ↓', opening: '正在打开…', label: '您的问题', send: '发送',
  removeFile: '去掉文件', attach: '发送图片、录音或文件', placeholder: '请用您自己的话写…',
  you: '您', options: '选项', chosen: '已选', updated: '有一条消息已更新', today: '今天', yesterday: '昨天',
  sending: '正在发送…', uploading: '正在上传…', sent: '已发送', retrying: '还没有发出，正在自动重试',
  failed: '没有发出', again: '再试一次', remove: '删除', file: '文件', photo: '图片', voice: '录音',
  offline: '连接中断，正在重连…', online: '已重新连接', replaced: '对话在其他窗口打开着，点一下这里继续',
  signedOut: '您已退出。刷新页面可以重新开始。',
  phone: '您的电话号码', phoneHint: '例如 13800138000，座机请加区号：010-12345678', phoneSend: '发送号码',
  phoneBad: '号码好像不对，请核对后再发', phoneKept: '号码只用于给您回电。',
  limited: '发得太快，这一条可能没有处理，请稍后再说一次', tooBig: '文件太大，最多 {n} MB',
  leaving: '文件还在上传，离开页面会中断。',
  error: {
    too_long: '太长了，最多 {n} 个字，请分几条发送', empty: '请写几个字再发送', too_large: '文件太大',
    unsupported_file: '不支持这种文件，请发图片、PDF、录音或常用文档', empty_file: '文件是空的',
    slow_down: '发得太快，稍等一下会自动发出', origin: '页面地址与系统设置不一致，请联系管理员',
    lost_file: '页面刷新过，文件需要重新选择', other: '发送失败',
  },
};

const TW = {
  skip: '跳到輸入框', leave: '退出', conversation: '對話', messages: '訊息', older: '看更早的訊息',
  typing: '正在回覆', newer: '有新訊息 ↓', opening: '正在打開…', label: '您的問題', send: '傳送',
  removeFile: '去掉檔案', attach: '傳送圖片、錄音或檔案', placeholder: '請用您自己的話寫…',
  you: '您', options: '選項', chosen: '已選', updated: '有一則訊息已更新', today: '今天', yesterday: '昨天',
  sending: '正在傳送…', uploading: '正在上傳…', sent: '已傳送', retrying: '還沒有發出，正在自動重試',
  failed: '沒有發出', again: '再試一次', remove: '刪除', file: '檔案', photo: '圖片', voice: '錄音',
  offline: '連線中斷，正在重連…', online: '已重新連線', replaced: '對話在其他視窗打開著，點一下這裡繼續',
  signedOut: '您已退出。重新整理頁面可以重新開始。',
  phone: '您的電話號碼', phoneHint: '例如 13800138000，市話請加區號：010-12345678', phoneSend: '傳送號碼',
  phoneBad: '號碼好像不對，請核對後再發', phoneKept: '號碼只用於給您回電。',
  limited: '發得太快，這一則可能沒有處理，請稍後再說一次', tooBig: '檔案太大，最多 {n} MB',
  leaving: '檔案還在上傳，離開頁面會中斷。',
  error: {
    too_long: '太長了，最多 {n} 個字，請分幾則傳送', empty: '請寫幾個字再傳送', too_large: '檔案太大',
    unsupported_file: '不支援這種檔案，請發圖片、PDF、錄音或常用文件', empty_file: '檔案是空的',
    slow_down: '發得太快，稍等一下會自動發出', origin: '頁面網址與系統設定不一致，請聯絡管理員',
    lost_file: '頁面重新整理過，檔案需要重新選擇', other: '傳送失敗',
  },
};

const EN = {
  skip: 'Skip to the input', leave: 'Sign out', conversation: 'Conversation', messages: 'Messages',
  older: 'Earlier messages', typing: 'Replying', newer: 'New message ↓', opening: 'Opening…',
  label: 'Your question', send: 'Send', removeFile: 'Remove the file',
  attach: 'Send a picture, a recording or a document', placeholder: 'Write in your own words…',
  you: 'You', options: 'Choices', chosen: 'chosen', updated: 'A message was updated', today: 'Today',
  yesterday: 'Yesterday', sending: 'Sending…', uploading: 'Uploading…', sent: 'Sent',
  retrying: 'Not sent yet, trying again', failed: 'Not sent', again: 'Try again', remove: 'Delete',
  file: 'File', photo: 'Picture', voice: 'Recording', offline: 'Connection lost, reconnecting…',
  online: 'Connected again', replaced: 'This conversation is open in other windows. Tap here to go on.',
  signedOut: 'You have signed out. Reload the page to start again.',
  phone: 'Your phone number', phoneHint: 'For example 13800138000, or 010-12345678 with the area code',
  phoneSend: 'Send number', phoneBad: 'This does not look like a phone number',
  phoneKept: 'Only used to call you back.',
  limited: 'Too fast: this one may not have been handled. Please say it again later.',
  tooBig: 'The file is too large, {n} MB at most', leaving: 'A file is still being uploaded.',
  error: {
    too_long: 'Too long: at most {n} characters, please split it', empty: 'Please write something first',
    too_large: 'The file is too large',
    unsupported_file: 'Please send a picture, a PDF, a recording or a common document',
    empty_file: 'The file is empty', slow_down: 'Too fast, it will be sent in a moment',
    origin: 'The address of this page differs from the settings; please tell the administrator',
    lost_file: 'The page was reloaded, please choose the file again', other: 'Could not be sent',
  },
};

function pick(languages) {
  const chinese = languages.find((tag) => /^zh/i.test(tag));
  if (chinese) return /hant|tw|hk|mo/i.test(chinese) ? ['zh-TW', TW] : ['zh-CN', CN];
  return languages.some((tag) => /^en/i.test(tag)) ? ['en', EN] : ['zh-CN', CN];
}

export const [lang, t] = pick(navigator.languages || [navigator.language || 'zh-CN']);

export function errorText(code, n) {
  return (t.error[code] || t.error.other).replace('{n}', n);
}

// Put the page's language where the template has Chinese.
export function translate(root) {
  document.documentElement.lang = lang;
  for (const el of root.querySelectorAll('[data-text]')) el.textContent = t[el.dataset.text];
  for (const el of root.querySelectorAll('[data-label]')) el.setAttribute('aria-label', t[el.dataset.label]);
  for (const el of root.querySelectorAll('[data-placeholder]')) el.placeholder = t[el.dataset.placeholder];
}
