"""Attacks, each from the side an attacker has: a chat platform, a browser, or an answer of Venice.

Where each is tested (names without a folder are files here):

- other servers: test_servers; their dashboard: web/test_dashboard_doors, engine/test_desk
- forged buttons and callbacks: test_buttons, test_garbage
- replayed sign-in links, guessing: web/test_dashboard_doors, web/test_doors, engine/test_dashboard_links
- CSRF, foreign origins, headers, cookies: web/test_doors, web/test_dashboard_doors, test_garbage
- addresses of files and pages, redirects, private hosts: test_addresses, unit/venice/test_addresses
- header, path, log and SQL injection: test_injection, web/test_dashboard_doors, web/test_dashboard_pages
- mentions in answers, names, files, lists: test_mentions, test_mentions_on_telegram; threads, reminders,
  summaries: test_mentions_later
- labels of speakers and words that imitate the service: unit/engine/test_speakers
- scripts in answers, names and files: unit/format/test_web, web/test_conversation, web/test_dashboard_pages
- tokens and keys in logs, answers, files, health and numbers: test_secrets; for operators: test_operators
- bombs: test_bombs, unit/media/test_papers, unit/media/test_media
- who is shut out leaves nothing: test_doors_on_platforms, test_refused_on_platforms
- who changed what: engine/test_auditing, engine/test_desk
"""
