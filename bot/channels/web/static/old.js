// For browsers that know no modules: say so instead of showing an empty page.
document.addEventListener('DOMContentLoaded', function () {
  document.getElementById('opening').textContent =
    '您的浏览器版本太旧，无法使用网页对话。请更新浏览器，或者直接拨打 12348 公共法律服务热线。';
});
